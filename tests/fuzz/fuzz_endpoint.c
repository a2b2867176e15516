/* fuzz_endpoint: any text as an endpoint. For an accepted one the Host header must equal the one that libcurl sends,
 * because it is signed beforehand.
 * Owner: none.
 */
#include <curl/curl.h>
#include <string.h>

#include "daemon/aws/endpoint.h"
#include "proto/err.h"
#include "tests/fuzz/fuzz.h"

static void check_accepted(const struct endpoint *e)
{
    CURLU *u = curl_url();
    char *host = NULL, *port = NULL, *path = NULL, want[sizeof e->host + 16];
    CHECK(u != NULL);
    CHECK(curl_url_set(u, CURLUPART_URL, e->url, 0) == CURLUE_OK);
    CHECK(curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK);
    CHECK(curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK);
    CHECK(curl_url_get(u, CURLUPART_PATH, &path, 0) == CURLUE_OK);
    CHECK(strcmp(path, "/") == 0);
    snprintf(want, sizeof want, "%u", (unsigned)e->port);
    CHECK(strcmp(port, want) == 0);
    if (e->port == (e->tls ? 443 : 80))
        snprintf(want, sizeof want, "%s", host);
    else
        snprintf(want, sizeof want, "%s:%s", host, port);
    CHECK(strcmp(e->host, want) == 0);
    curl_free(path);
    curl_free(port);
    curl_free(host);
    curl_url_cleanup(u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    char errmsg[AWS_ERRMSG];
    struct endpoint e = {0};
    CHECK(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    memset(errmsg, 'x', sizeof errmsg);
    if (endpoint_parse("the endpoint", text, &e, errmsg) == DDBS_OK) {
        check_accepted(&e);
    } else {
        CHECK(memchr(errmsg, '\0', sizeof errmsg) != NULL);
        CHECK(strncmp(errmsg, "the endpoint ", 13) == 0);
        CHECK(e.port == 0);
    }
    free(text);
    return 0;
}
