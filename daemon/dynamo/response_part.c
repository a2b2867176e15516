/* response_part: texts and broken answers. See response_part.h. */
#include "daemon/dynamo/response_part.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/text.h"
#include "proto/utf8.h"

/* Drop a character that snprintf cut in the middle. If the text is invalid elsewhere, replace every non-ASCII byte. */
static void text_make_utf8(char *text)
{
    size_t n = strlen(text);
    for (size_t drop = 0; drop < 4 && drop <= n; drop++) {
        if (utf8_valid((const uint8_t *)text, n - drop)) {
            text[n - drop] = '\0';
            return;
        }
    }
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text >= 0x80)
            *text = '?';
    }
}

void response_part_set_text(struct job_result *ret, const char *format, ...)
{
    char text[4 * JOB_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
    }
    text_make_utf8(text);
    text_shorten(ret->text, sizeof ret->text, span_of(text, strlen(text)));
}

void response_part_set_broken(const struct job *job, const char *why, struct job_result *ret)
{
    ret->outcome = JOB_TRANSIENT;
    ret->maybe_written = job->kind == JOB_WRITE;
    memset(ret->unprocessed, 0, sizeof ret->unprocessed);
    response_part_set_text(ret, "broken answer: %s", why);
}
