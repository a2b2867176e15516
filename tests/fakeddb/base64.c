/* base64: standard alphabet with padding, see base64.h. */
#include "tests/fakeddb/base64.h"

static int digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_size(struct span text, uint32_t *ret, const char **ret_why)
{
    size_t pad = 0;
    *ret_why = "Base64 encoded length is expected a multiple of 4 bytes";
    if (text.n % 4 != 0)
        return false;
    while (pad < 2 && pad < text.n && text.p[text.n - 1 - pad] == '=')
        pad++;
    *ret_why = "Invalid Base64 character";
    for (size_t i = 0; i < text.n - pad; i++) {
        if (digit(text.p[i]) < 0)
            return false;
    }
    *ret_why = "Invalid last non-pad Base64 character dectected";
    int mask = pad == 2 ? 15 : pad == 1 ? 3 : 0;
    if (pad > 0 && (digit(text.p[text.n - 1 - pad]) & mask) != 0)
        return false;
    *ret = (uint32_t)(text.n / 4 * 3 - pad);
    return true;
}

size_t base64_decode(struct span text, uint8_t *out)
{
    uint32_t v = 0;
    int bits = 0;
    size_t n = 0;
    for (size_t i = 0; i < text.n && text.p[i] != '='; i++) {
        v = v << 6 | (uint32_t)digit(text.p[i]);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[n++] = (uint8_t)(v >> bits);
        }
    }
    return n;
}
