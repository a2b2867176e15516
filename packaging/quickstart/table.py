#!/usr/bin/env python3
"""Prepare the table of the quickstart: the string key pojoId, on demand.

Exit codes: 0 the table is there and fits, 1 it is not or does not (the sentence says what to do).
"""
import argparse
import http.client
import sys
import time

from dynamodb import DynamoDBError, Endpoint

KEY_SCHEMA = [{"AttributeName": "pojoId", "KeyType": "HASH"}]
ATTRIBUTES = [{"AttributeName": "pojoId", "AttributeType": "S"}]
WAIT_S = 120


def wait_for_endpoint(endpoint, seconds):
    """Until it answers anything at all: a refusal is an answer."""
    end = time.monotonic() + seconds
    while True:
        try:
            endpoint.call("ListTables", attempts=1)
            return
        except DynamoDBError:
            return
        except (OSError, http.client.HTTPException) as error:
            if time.monotonic() > end:
                sys.exit(f"the endpoint {endpoint.host} does not answer: {error}")
            time.sleep(0.1)


def create(endpoint, table):
    try:
        endpoint.call("CreateTable", TableName=table, AttributeDefinitions=ATTRIBUTES, KeySchema=KEY_SCHEMA,
                      BillingMode="PAY_PER_REQUEST")
    except DynamoDBError as error:
        if error.code != "ResourceInUseException":
            raise


def wait_until_active(endpoint, table):
    end = time.monotonic() + WAIT_S
    while True:
        found = endpoint.call("DescribeTable", TableName=table)["Table"]
        if found["TableStatus"] in ("ACTIVE", "UPDATING"):
            return found
        if time.monotonic() > end:
            sys.exit(f"table {table} is {found['TableStatus']} since {WAIT_S} s: look at it, then run this again")
        time.sleep(0.5)


def check(table, found):
    kinds = {a["AttributeName"]: a["AttributeType"] for a in found["AttributeDefinitions"]}
    if found["KeySchema"] != KEY_SCHEMA or kinds.get("pojoId") != "S":
        sys.exit(f"table {table} has another key than the string pojoId: name another table with --table")


def missing(table, region):
    return (f"table {table} does not exist in {region}: run this again with --create, or make it:\n"
            f"  aws dynamodb create-table --region {region} --table-name {table} --billing-mode PAY_PER_REQUEST \\\n"
            f"    --attribute-definitions AttributeName=pojoId,AttributeType=S "
            f"--key-schema AttributeName=pojoId,KeyType=HASH")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--table", required=True)
    parser.add_argument("--create", action="store_true", help="make the table if it is not there")
    parser.add_argument("--wait", type=float, default=10, help="seconds until the endpoint answers")
    args = parser.parse_args()
    endpoint = Endpoint(args.endpoint, args.region)
    wait_for_endpoint(endpoint, args.wait)
    try:
        if args.create:
            create(endpoint, args.table)
        found = wait_until_active(endpoint, args.table)
    except DynamoDBError as error:
        if error.code == "ResourceNotFoundException":
            sys.exit(missing(args.table, args.region))
        sys.exit(f"{args.endpoint} refuses: {str(error).splitlines()[0]}")
    check(args.table, found)
    print(found.get("ItemCount", 0), found.get("TableSizeBytes", 0))


if __name__ == "__main__":
    main()
