/* test_digest: published vectors for SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 4231), and reuse of contexts. */
#include "daemon/aws/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>

#include <cmocka.h>

#include "proto/err.h"

static void assert_hex(const uint8_t hash[DIGEST_BYTES], const char *want)
{
    char hex[DIGEST_HEX + 1] = {0};
    digest_hex(hash, hex);
    assert_string_equal(hex, want);
}

static const struct {
    const char *text, *hash;
} hashes[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"{\"RequestItems\":{\"T\":[{\"PutRequest\":{\"Item\":{\"k\":{\"S\":\"a\"}}}}]}}",
     "95f5bd9eb62f406c2deddcfb32919669315ef2b7726ab9c507c98f7483ca1206"},
    {"POST\n/\n\ncontent-type:application/x-amz-json-1.0\nhost:dynamodb.us-east-1.amazonaws.com\n"
     "x-amz-date:20150830T123600Z\nx-amz-target:DynamoDB_20120810.BatchWriteItem\n\n"
     "content-type;host;x-amz-date;x-amz-target\n"
     "95f5bd9eb62f406c2deddcfb32919669315ef2b7726ab9c507c98f7483ca1206",
     "a061a21e891bb7c892e2d735649c625a11b52e8fa1fc315c053aad818433a0e5"},
};

static void hashes_match_the_published_ones(void **state)
{
    (void)state;
    struct digest d;
    assert_int_equal(digest_init(&d), DDBS_OK);
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        uint8_t hash[DIGEST_BYTES];
        size_t n = strlen(hashes[i].text);
        assert_int_equal(digest_sha256(&d, span_of(hashes[i].text, n), hash), DDBS_OK);
        assert_hex(hash, hashes[i].hash);

        /* The same in two parts. */
        memset(hash, 0, sizeof hash);
        assert_int_equal(digest_begin(&d), DDBS_OK);
        assert_int_equal(digest_add(&d, hashes[i].text, n / 2), DDBS_OK);
        assert_int_equal(digest_add(&d, hashes[i].text + n / 2, n - n / 2), DDBS_OK);
        assert_int_equal(digest_end(&d, hash), DDBS_OK);
        assert_hex(hash, hashes[i].hash);
    }
    digest_fini(&d);
}

static void a_begun_hash_that_is_dropped_leaves_no_trace(void **state)
{
    (void)state;
    struct digest d;
    uint8_t hash[DIGEST_BYTES];
    assert_int_equal(digest_init(&d), DDBS_OK);
    assert_int_equal(digest_begin(&d), DDBS_OK);
    assert_int_equal(digest_add(&d, "left over", 9), DDBS_OK);
    assert_int_equal(digest_sha256(&d, span_of("abc", 3), hash), DDBS_OK);
    assert_hex(hash, hashes[1].hash);
    digest_fini(&d);
}

/* RFC 4231, test cases 1, 2, 3 and 6; key and text as byte and count, or as text. */
static const struct {
    int key_byte;
    size_t key_len;
    const char *key, *text;
    int text_byte;
    size_t text_len;
    const char *mac;
} macs[] = {
    {0x0b, 20, NULL, "Hi There", 0, 8, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {0, 4, "Jefe", "what do ya want for nothing?", 0, 28,
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {0xaa, 20, NULL, NULL, 0xdd, 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {0xaa, 131, NULL, "Test Using Larger Than Block-Size Key - Hash Key First", 0, 54,
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
};

static void macs_match_the_published_ones(void **state)
{
    (void)state;
    struct digest d;
    struct digest_key k = {0};
    assert_int_equal(digest_init(&d), DDBS_OK);
    for (size_t i = 0; i < sizeof macs / sizeof macs[0]; i++) {
        uint8_t key[131], text[64], mac[DIGEST_BYTES];
        memset(key, macs[i].key_byte, sizeof key);
        memset(text, macs[i].text_byte, sizeof text);
        if (macs[i].key != NULL)
            memcpy(key, macs[i].key, macs[i].key_len);
        if (macs[i].text != NULL)
            memcpy(text, macs[i].text, macs[i].text_len);
        /* A new key replaces the old one; signing twice gives the same result. */
        assert_int_equal(digest_key_set(&k, &d, span_of(key, macs[i].key_len)), DDBS_OK);
        for (int round = 0; round < 2; round++) {
            memset(mac, 0, sizeof mac);
            assert_int_equal(digest_key_sign(&k, span_of(text, macs[i].text_len), mac), DDBS_OK);
            assert_hex(mac, macs[i].mac);
        }
    }
    digest_key_clear(&k);
    assert_null(k.mac);
    digest_key_clear(&k);
    digest_fini(&d);
}

static void two_keys_do_not_disturb_each_other(void **state)
{
    (void)state;
    struct digest d;
    struct digest_key a = {0}, b = {0};
    uint8_t mac[DIGEST_BYTES];
    uint8_t other[20];
    memset(other, 0x0b, sizeof other);
    assert_int_equal(digest_init(&d), DDBS_OK);
    assert_int_equal(digest_key_set(&a, &d, span_of("Jefe", 4)), DDBS_OK);
    assert_int_equal(digest_key_set(&b, &d, span_of(other, sizeof other)), DDBS_OK);
    assert_int_equal(digest_key_sign(&b, span_of("Hi There", 8), mac), DDBS_OK);
    assert_int_equal(digest_key_sign(&a, span_of("what do ya want for nothing?", 28), mac), DDBS_OK);
    assert_hex(mac, macs[1].mac);
    digest_key_clear(&a);
    assert_int_equal(digest_key_sign(&b, span_of("Hi There", 8), mac), DDBS_OK);
    assert_hex(mac, macs[0].mac);
    digest_key_clear(&b);
    digest_fini(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_match_the_published_ones),
        cmocka_unit_test(a_begun_hash_that_is_dropped_leaves_no_trace),
        cmocka_unit_test(macs_match_the_published_ones),
        cmocka_unit_test(two_keys_do_not_disturb_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
