/*
 * replay - runs every kept input of a fuzz target once, without a fuzzer.
 *
 * Usage: replay FOLDER... ; a folder without an input is a failure.
 */
#include "harness.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define PATH_BYTES 4096

/* Read a file into memory that ends where it ends, so that a read beyond it
 * is seen. */
static uint8_t *
file_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "re");
    struct stat about;

    if (!file || fstat(fileno(file), &about) != 0) {
        perror(path);
        exit(2);
    }
    *size = (size_t)about.st_size;
    uint8_t *bytes = malloc(*size ? *size : 1);
    if (!bytes || fread(bytes, 1, *size, file) != *size) {
        perror(path);
        exit(2);
    }
    (void)fclose(file);
    return bytes;
}

static size_t
folder_run(const char *folder)
{
    struct dirent **names;
    int count = scandir(folder, &names, NULL, alphasort);
    char path[PATH_BYTES];
    size_t inputs = 0;

    if (count < 0) {
        perror(folder);
        exit(2);
    }
    for (int i = 0; i < count; i++) {
        size_t size;
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        if (names[i]->d_name[0] != '.') {
            uint8_t *bytes = file_read(path, &size);
            (void)printf("%s, %zu bytes\n", names[i]->d_name, size);
            (void)fflush(stdout);
            (void)LLVMFuzzerTestOneInput(bytes, size);
            free(bytes);
            inputs++;
        }
        free(names[i]);
    }
    free(names);
    return inputs;
}

int
main(int argc, char **argv)
{
    bool empty = argc < 2;

    for (int i = 1; i < argc; i++) {
        size_t inputs = folder_run(argv[i]);
        (void)printf("%zu inputs of %s\n", inputs, argv[i]);
        empty = empty || inputs == 0;
    }
    return empty;
}
