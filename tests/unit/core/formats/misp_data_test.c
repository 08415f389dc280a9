/*
 * Reads the MISP files of a folder of real ones, named by SEALANE_DATA, and
 * puts each together again from its messages. SEALANE_DATA_VERBOSE=1 prints
 * messages and faults.
 */
#include "misp_again.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#define PATH_BYTES 4096

static struct {
    unsigned files, equal, refused;
    size_t messages, held, remarks;
} total;

static void
file_load(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "rb");
    size_t n;

    assert_non_null(f);
    do {
        uint8_t *to = buf_extend(out, 65536);
        n = fread(to, 1, 65536, f);
        out->size -= 65536 - n;
    } while (n);
    fclose(f);
}

static void
print_messages(const struct kit *k)
{
    for (size_t i = 0; i < k->count; i++)
        printf("    %llu in %llu: %.*s\n",
               (unsigned long long)k->messages[i].position,
               (unsigned long long)k->messages[i].holder,
               (int)k->messages[i].text.size,
               (const char *)k->messages[i].text.data);
    printf("%.*s", (int)k->faults.size, (const char *)k->faults.data);
}

/* What comes out of the messages is the document without its spaces. */
static void
file_run(const char *path)
{
    struct buf bytes = {0}, again = {0};
    struct kit k = {0}, pieces = {0};
    struct kit_look minified = {0};

    file_load(path, &bytes);
    (void)kit_read(buf_slice(&bytes), SIZE_MAX / 2, &k);
    (void)kit_read(buf_slice(&bytes), 7, &pieces);
    assert_int_equal(k.count, pieces.count);
    assert_true(slice_equal(buf_slice(&k.faults), buf_slice(&pieces.faults)));
    if (getenv("SEALANE_DATA_VERBOSE"))
        print_messages(&k);
    if (k.fatal + k.refused == 0) {
        kit_look(buf_slice(&bytes), &minified);
        kit_document(&k, &again);
        assert_true(slice_equal(buf_slice(&again), buf_slice(&minified.text)));
    }
    printf("%s: %zu messages, %zu held, %zu remarks, %s\n", path, k.count,
           k.held, k.remarks,
           k.fatal + k.refused ? "refused" : "equal when put together");
    total.files++;
    total.equal += k.fatal + k.refused == 0;
    total.refused += k.fatal + k.refused != 0;
    total.messages += k.count;
    total.held += k.held;
    total.remarks += k.remarks;
    buf_clear(&bytes);
    buf_clear(&again);
    buf_clear(&minified.text);
    kit_clear(&k);
    kit_clear(&pieces);
}

static bool
ends(const char *name, const char *ending)
{
    size_t n = strlen(name), m = strlen(ending);

    return n >= m && strcmp(name + n - m, ending) == 0;
}

static void
folder_run(const char *root, const char *folder, const char *ending)
{
    char path[PATH_BYTES];
    struct dirent **entries;
    int n;

    snprintf(path, sizeof path, "%s/%s", root, folder);
    n = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        snprintf(path, sizeof path, "%s/%s/%s", root, folder, name);
        if (ends(name, ending) && strcmp(name, "manifest.json") != 0)
            file_run(path);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

static void
every_event_of_the_folder_is_put_together_again(void **state)
{
    const char *root = getenv("SEALANE_DATA");

    (void)state;
    if (!root) {
        print_message("SEALANE_DATA is not set: no event was read\n");
        skip();
    }
    folder_run(root, "misp/eset", ".json");
    folder_run(root, "misp/feed-tweetfeed", ".json");
    folder_run(root, "misp/pymisp", ".json");
    folder_run(root, "stix21/misp-stix-pairs", "_1.json");
    folder_run(root, "stix21/misp-stix-pairs", "_2.json");
    printf("%u files: %u equal, %u refused; %zu messages, %zu of them held, "
           "%zu remarks\n",
           total.files, total.equal, total.refused, total.messages, total.held,
           total.remarks);
    assert_true(total.equal >= 40);
    /* A galaxy and a sighting alone are no events; two others have objects
     * whose ids are none. */
    assert_int_equal(total.refused, 4);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_of_the_folder_is_put_together_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
