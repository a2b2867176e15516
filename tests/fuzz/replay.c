/* replay: runs a fuzz target over every file of its corpus, and over prefixes of each; needs no fuzzer.
 * Owner: each input is in memory of exactly its size, so that the sanitizers detect a read past its end.
 * Usage: replay_<target> FOLDER. Fails if the folder has no file, because then nothing was tested.
 */
#include <dirent.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

enum { REPLAY_FILE_MAX = 1 << 20, REPLAY_PREFIXES_MAX = 4096 };

static uint8_t content[REPLAY_FILE_MAX];

static void run(size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL)
        abort();
    memcpy(copy, content, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static int replay_file(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        fprintf(stderr, "%s: cannot be opened\n", path);
        return -1;
    }
    size_t size = fread(content, 1, sizeof(content), f);
    fclose(f);
    for (size_t n = 0; n < size && n < REPLAY_PREFIXES_MAX; n++)
        run(n);
    run(size);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    DIR *folder = opendir(argv[1]);
    if (folder == NULL) {
        fprintf(stderr, "%s: cannot be opened as a folder\n", argv[1]);
        return 1;
    }
    int files = 0;
    int failed = 0;
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        if (e->d_name[0] == '.')
            continue;
        failed |= replay_file(argv[1], e->d_name);
        files++;
    }
    closedir(folder);
    printf("%d files replayed\n", files);
    return files == 0 || failed != 0 ? 1 : 0;
}
