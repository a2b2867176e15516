/* every: runs a fuzz target over the files of its corpus, once for each allocation with that one failing. The target's
 * checks must hold all the same, and no block may leak.
 * Owner: none. jansson allocates through base/mem too, so its allocations fail as well.
 * Usage: oom_<target> FOLDER. Fails if no allocation failed, because then nothing was tested.
 */
#include <dirent.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/dynamo/response.h"
#include "tests/fuzz/fuzz.h"

enum { FILE_MAX = 1 << 20 };

static uint8_t content[FILE_MAX];

struct tally {
    uint64_t files, allocations;
};

/* One run with the nth allocation failing (0: none). Returns the number of allocations. */
static uint64_t run(size_t size, uint64_t nth)
{
    int64_t live = mem_live();
    uint64_t asked = mem_asked();
    uint8_t *copy = malloc(size > 0 ? size : 1);
    CHECK(copy != NULL);
    memcpy(copy, content, size);
    mem_fail_nth(nth);
    LLVMFuzzerTestOneInput(copy, size);
    mem_fail_nth(0);
    free(copy);
    CHECK(mem_live() == live);
    return mem_asked() - asked;
}

static void every_allocation(const char *path, struct tally *t)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        fprintf(stderr, "%s: cannot be opened\n", path);
        abort();
    }
    size_t size = fread(content, 1, sizeof content, f);
    fclose(f);
    uint64_t asked = run(size, 0);
    for (uint64_t n = 1; n <= asked; n++)
        run(size, n);
    t->files++;
    t->allocations += asked;
}

int main(int argc, char **argv)
{
    char path[4096];
    struct tally t = {0};
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (folder == NULL) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    response_init();
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        snprintf(path, sizeof path, "%s/%s", argv[1], e->d_name);
        if (e->d_name[0] != '.')
            every_allocation(path, &t);
    }
    closedir(folder);
    printf("%llu inputs, %llu allocations failed\n", (unsigned long long)t.files, (unsigned long long)t.allocations);
    return t.allocations == 0;
}
