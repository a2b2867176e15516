/* example_write: put records into a table through ddbsidecard, flush, and report their outcome.
 * Build: cc example_write.c $(pkg-config --cflags --libs ddbsidecar) -o example_write
 * Use:   example_write TABLE KEY_ATTRIBUTE COUNT
 */
#include <ddbsidecar.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Put `count` items, reusing one ddbs_item. */
static int put_items(struct ddbs_client *client, const char *key, long count)
{
    struct ddbs_item *item = ddbs_item_new();
    int rc = DDBS_OK;
    long i;
    for (i = 0; i < count && rc == DDBS_OK; i++) {
        char id[32];
        snprintf(id, sizeof id, "example-%ld", i);
        ddbs_item_reset(item);
        ddbs_item_str(item, key, id);
        ddbs_item_int(item, "number", i);
        ddbs_item_begin_list(item, "halves");
        ddbs_item_double(item, NULL, (double)i / 2);
        ddbs_item_num_text(item, NULL, "0.5");
        ddbs_item_end(item);
        rc = ddbs_put(client, item, NULL); /* also returns the first error of building the item */
    }
    ddbs_item_free(item);
    if (rc != DDBS_OK)
        fprintf(stderr, "put: %s\n", ddbs_errmsg(client));
    return rc;
}

/* Wait until every record is in DynamoDB or has failed. */
static int flush(struct ddbs_client *client)
{
    struct ddbs_result result;
    struct ddbs_failure failure;
    int rc = ddbs_flush(client, -1, &result);
    while (ddbs_failure_next(client, &failure))
        fprintf(stderr, "record %llu: %s: %s\n", (unsigned long long)failure.seq, ddbs_errname(failure.code),
                failure.message);
    if (rc < 0)
        fprintf(stderr, "flush: %s\n", ddbs_errmsg(client));
    else
        printf("%llu written, %llu failed\n", (unsigned long long)result.written, (unsigned long long)result.failed);
    return rc;
}

int main(int argc, char **argv)
{
    struct ddbs_options options = DDBS_OPTIONS_INIT;
    struct ddbs_client *client;
    char errmsg[DDBS_ERRMSG_SIZE];
    char *end = NULL;
    long count = 0;
    int rc;
    errno = 0;
    if (argc == 4)
        count = strtol(argv[3], &end, 10);
    if (argc != 4 || errno != 0 || end == argv[3] || *end != '\0' || count < 0) {
        fprintf(stderr, "usage: %s TABLE KEY_ATTRIBUTE COUNT\n", argv[0]);
        return 2;
    }
    options.table = argv[1];
    options.app = "example_write";
    if (ddbs_open(&options, &client, errmsg) != DDBS_OK) {
        fprintf(stderr, "open: %s\n", errmsg);
        return 1;
    }
    rc = put_items(client, argv[2], count);
    if (rc == DDBS_OK)
        rc = flush(client);
    ddbs_close(client, -1);
    return rc == DDBS_OK ? 0 : 1;
}
