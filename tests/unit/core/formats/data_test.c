/*
 * Reads a folder of real and broken files, named by SEALANE_DATA, whatever
 * their format. SEALANE_DATA_VERBOSE=1 prints each fault.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pieces.h"

#include "core/base/buf.h"
#include "core/formats/detect.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define PATH_MAX_BYTES 4096
#define FOLDERS_MAX 64

struct tally {
    unsigned long items, refused, remarks, fatal;
    uint64_t digest; /* of everything that was handed over, in order */
    bool verbose;
    struct format_fault last;
};

static struct tally total;
static unsigned files_tried, files_unread;

static void
mix(struct tally *t, struct slice bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        t->digest = (t->digest ^ bytes.data[i]) * 1099511628211u;
}

static void
on_item(void *context, const struct format_item *item)
{
    struct tally *t = context;

    t->items++;
    assert_true(item->line >= 1 && item->column >= 1);
    assert_true(item->message.has_head);
    mix(t, item->message.content);
    mix(t, item->message.head.value);
    mix(t, item->message.head.pattern);
    mix(t, item->message.head.object_id);
}

static void
on_fault(void *context, const struct format_fault *fault)
{
    struct tally *t = context;

    t->remarks += fault->weight == FAULT_REMARK;
    t->refused += fault->weight == FAULT_REFUSED;
    t->fatal += fault->weight == FAULT_FATAL;
    assert_true(fault->text && fault->text[0]);
    assert_true(fault->line >= 1 && fault->column >= 1);
    assert_int_not_equal(fault->code, OK);
    if (t->verbose)
        printf("    %llu:%llu %.*s: %s\n", (unsigned long long)fault->line,
               (unsigned long long)fault->column, (int)fault->path.size,
               (const char *)fault->path.data, fault->text);
}

static void
file_load(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "rb");
    size_t n;

    assert_non_null(f);
    buf_reset(out);
    do {
        uint8_t *to = buf_extend(out, 65536);
        n = fread(to, 1, 65536, f);
        out->size -= 65536 - n;
    } while (n);
    fclose(f);
}

/* Read in as many passes as the format wants. */
static struct tally
format_run(enum format format, struct slice all, size_t piece, bool verbose)
{
    struct tally t = {.verbose = verbose};
    struct format_sink sink = {&t, on_item, on_fault};
    struct csv_map map = {.count = 0};
    struct format_wish wish = {OBSERVABLE_NONE, &map};
    struct format_reader *r = format_reader_new(format, &sink, &wish);

    while (format_reader_learn(r))
        (void)!feed_pieces(r, all, piece);
    assert_int_equal(t.items + t.refused, 0);
    /* What ends the file may be met by a glance; it is said once. */
    format_reader_deliver(r);
    enum err e = feed_pieces(r, all, piece);
    assert_int_equal(t.fatal, e != OK);
    format_reader_free(r);
    return t;
}

static void
assert_same(const struct tally *a, const struct tally *b)
{
    assert_int_equal(a->items, b->items);
    assert_int_equal(a->refused, b->refused);
    assert_int_equal(a->remarks, b->remarks);
    assert_int_equal(a->fatal, b->fatal);
    assert_true(a->digest == b->digest);
}

static void
file_run(const char *path)
{
    static struct buf bytes;
    bool verbose = getenv("SEALANE_DATA_VERBOSE") != NULL;

    file_load(path, &bytes);
    struct slice all = buf_slice(&bytes);
    struct slice first = slice_of(all.data, all.size < 4096 ? all.size : 4096);
    enum format format = formats_detect(first, slice_str(path));
    printf("%s: %s\n", path, format_name(format));
    files_tried++;
    if (!format_is_read(format)) {
        files_unread++;
        return;
    }
    struct tally t = format_run(format, all, 65536, verbose);
    struct tally small =
        format_run(format, all, all.size > 1000000 ? 4099 : 7, false);
    assert_same(&t, &small);
    assert_true(t.items + t.refused + t.fatal > 0 || all.size == 0);
    printf("  %lu taken, %lu refused, %lu remarks, %lu fatal\n", t.items,
           t.refused, t.remarks, t.fatal);
    total.items += t.items;
    total.refused += t.refused;
    total.remarks += t.remarks;
    total.fatal += t.fatal;
}

static int
folder_run(const char *folder)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, alphasort);

    if (n < 0)
        return 0;
    for (int i = 0; i < n; i++) {
        char path[PATH_MAX_BYTES];
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && stat(path, &st) == 0) {
            if (S_ISDIR(st.st_mode))
                folder_run(path);
            else
                file_run(path);
        }
        free(entries[i]);
    }
    free(entries);
    return n;
}

static void
every_file_of_the_folder_is_read_or_refused_with_its_place(void **state)
{
    static const char *const parts[] = {"stix21", "stix20", "lists",
                                        "misp",   "broken", "text"};
    const char *root = getenv("SEALANE_DATA");

    (void)state;
    if (!root) {
        print_message("SEALANE_DATA is not set: no folder to read\n");
        skip();
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char path[PATH_MAX_BYTES];
        snprintf(path, sizeof path, "%s/%s", root, parts[i]);
        folder_run(path);
    }
    printf("%u files tried, %u of formats not yet read; %lu taken, %lu "
           "refused, %lu remarks, %lu fatal\n",
           files_tried, files_unread, total.items, total.refused, total.remarks,
           total.fatal);
    assert_true(files_tried > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            every_file_of_the_folder_is_read_or_refused_with_its_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
