/*
 * index_bench - how fast the index takes messages up, and answers.
 *
 * Usage: sealane-index-bench FOLDER MESSAGES [ours]
 *        sealane-index-bench --socket FOLDER MESSAGES [TIMES]
 *
 * Messages as a peer sends them, STIX indicators of some 700 bytes with their
 * content, are handed to the index as the journal would hand them (with a third
 * word: as messages of ours, of which the index keeps more); a tenth of
 * them repeat a value. Printed are the rate of each stretch, the size on disk,
 * and how long a look for a value takes, the page cache of this machine being
 * as it then is. With --socket what such a run left in FOLDER is served and
 * asked (index_socket.h). No test: compare figures of one machine and one run.
 */
#include "core/base/mem.h"
#include "core/formats/stix.h"
#include "core/wire/message.h"
#include "edge/index/content.h"
#include "edge/index/index.h"
#include "index_socket.h"
#include "index_values.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#define LOOKS 20000u
#define VOCABULARY 40000u

static const char *const paths[] = {
    [OBSERVABLE_IPV4] = "ipv4-addr:value",
    [OBSERVABLE_DOMAIN] = "domain-name:value",
    [OBSERVABLE_URL] = "url:value",
    [OBSERVABLE_SHA256] = "file:hashes.'SHA-256'",
};

static void
words_make(struct buf *out, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char word[24];
        uint64_t a = roll() % VOCABULARY, b = roll() % VOCABULARY;
        (void)snprintf(word, sizeof word, "w%" PRIx64 " ", a * b / VOCABULARY);
        buf_put_str(out, word);
    }
}

struct maker {
    struct buf content, pattern, id, text, body;
};

static void
content_make(struct maker *k, uint64_t i, const char *value,
             enum observable type)
{
    char line[160];

    buf_reset(&k->id);
    buf_reset(&k->pattern);
    buf_reset(&k->content);
    buf_reset(&k->text);
    words_make(&k->text, 14);
    (void)snprintf(line, sizeof line,
                   "indicator--%08x-%04x-4%03x-8%03x-%012" PRIx64, (unsigned)i,
                   (unsigned)(roll() & 0xffff), (unsigned)(roll() & 0xfff),
                   (unsigned)(roll() & 0xfff), roll() >> 16);
    buf_put_str(&k->id, line);
    (void)snprintf(line, sizeof line, "[%s = '%s']", paths[type], value);
    buf_put_str(&k->pattern, line);
    struct buf *c = &k->content;
    buf_put_str(c,
                "{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"");
    buf_put(c, buf_slice(&k->id));
    buf_put_str(c, "\",\"created_by_ref\":\"identity--f431f809-377b-45e0-aa1c-"
                   "6a4751cae5ff\",\"created\":\"2026-01-20T12:34:56.000Z\","
                   "\"modified\":\"2026-01-20T12:34:56.000Z\",\"name\":\"");
    (void)snprintf(line, sizeof line, "Malicious %s number %" PRIu64,
                   observable_name(type), i);
    buf_put_str(c, line);
    buf_put_str(c, "\",\"description\":\"");
    buf_put(c, buf_slice(&k->text));
    buf_put_str(c, "\",\"indicator_types\":[\"malicious-activity\"],"
                   "\"pattern\":\"");
    buf_put(c, buf_slice(&k->pattern));
    buf_put_str(c, "\",\"pattern_type\":\"stix\",\"pattern_version\":\"2.1\","
                   "\"valid_from\":\"2026-01-20T12:34:56Z\","
                   "\"labels\":[\"botnet\"],\"confidence\":75,"
                   "\"object_marking_refs\":[\"marking-definition--55d920b0-"
                   "5e8b-4f79-9ee9-91f868d9b421\"],\"external_references\":["
                   "{\"source_name\":\"report\",\"url\":"
                   "\"https://reports.example/2026/01\"}]}");
}

/* Derive the head as the submitting command does. */
struct taken {
    struct maker *k;
    uint64_t i;
};

static void
on_item(void *context, const struct format_item *item)
{
    struct taken *t = context;
    struct message m = item->message;
    const struct submission_id id = {{1}, t->i};

    m.has_submission = true;
    m.submission.number = t->i / 1000;
    buf_reset(&t->k->body);
    submission_id_put(&t->k->body, &id);
    message_put(&t->k->body, &m);
}

static void
on_fault(void *context, const struct format_fault *fault)
{
    (void)context;
    if (fault->weight == FAULT_REMARK)
        return;
    (void)fprintf(stderr, "the document is wrong: %s\n", fault->text);
    exit(1);
}

static void
body_make(struct maker *k, struct stix_reader *reader, struct taken *t)
{
    enum observable type;
    char value[VALUE_BYTES];

    value_make(value_of_message(t->i), value, &type);
    content_make(k, t->i, value, type);
    stix_reader_deliver(reader);
    if (stix_reader_feed(reader, buf_slice(&k->content)) ||
        stix_reader_finish(reader))
        exit(1);
}

static void
looks_time(struct rows *rows, uint64_t count)
{
    static double took[LOOKS];
    struct buf found = {0};
    uint64_t hits = 0;

    for (unsigned i = 0; i < LOOKS; i++) {
        enum observable type;
        char value[VALUE_BYTES];
        value_make(roll() % (count + count / 4), value, &type);
        double from = now_s(CLOCK_MONOTONIC);
        buf_reset(&found);
        for (int class = KEY_VALUE; class <= KEY_TREE; class ++)
            rows_find(rows, (enum key_class) class, slice_str(value), &found);
        for (size_t k = 0; k + 4 <= found.size && k < 400; k += 4) {
            struct row row;
            uint32_t number = (uint32_t)found.data[k] << 24 |
                              (uint32_t)found.data[k + 1] << 16 |
                              (uint32_t)found.data[k + 2] << 8 |
                              found.data[k + 3];
            hits += rows_get(rows, number, &row);
        }
        took[i] = (now_s(CLOCK_MONOTONIC) - from) * 1e3;
    }
    times_say("looks for a value", took, LOOKS);
    printf("%" PRIu64 " rows found\n", hits);
    buf_clear(&found);
}

struct figures {
    double cpu, wall; /* of the index alone */
    uint64_t done, told;
    double told_cpu, told_wall;
};

static void
stretch_say(struct figures *f, const struct rows *rows)
{
    printf("%9" PRIu64 " messages: %6.0f/s by the clock, %6.0f/s of processor "
           "time; %zu runs\n",
           f->done, (double)(f->done - f->told) / (f->wall - f->told_wall),
           (double)(f->done - f->told) / (f->cpu - f->told_cpu),
           rows->runs.count);
    f->told = f->done;
    f->told_cpu = f->cpu;
    f->told_wall = f->wall;
    (void)fflush(stdout);
}

#define BLOCK 2000

static unsigned flags;

/* Make some messages first, so that making them is not counted. */
static void
block_run(struct content *c, struct rows *rows, struct stix_reader *reader,
          struct figures *f)
{
    static struct maker made[BLOCK];
    extern struct taken taken;

    for (size_t i = 0; i < BLOCK; i++) {
        taken.k = &made[i];
        taken.i = f->done + i;
        body_make(&made[i], reader, &taken);
    }
    double cpu = now_s(CLOCK_PROCESS_CPUTIME_ID), wall = now_s(CLOCK_MONOTONIC);
    for (size_t i = 0; i < BLOCK; i++) {
        struct row row = {
            .lane = 1, .index = f->done + i, .flags = flags, .time = {1}};
        uint32_t n = content_add(c, &row, buf_slice(&made[i].body));
        rows_place(rows, row.lane, row.index, n);
    }
    if (rows_are_many(rows)) {
        rows_commit(rows);
        (void)rows_tidy(rows, 8 * 1024 * 1024);
    }
    f->done += BLOCK;
    f->cpu += now_s(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    f->wall += now_s(CLOCK_MONOTONIC) - wall;
}

struct taken taken;

/* Messages of a lane that is not known are not found. */
static void
lane_put(struct rows *rows)
{
    const struct rows_lane lane = {.ours = flags != 0};
    const struct rows_team us = {"krcert.or.kr", "krcert"};
    const struct rows_team them = {"cert.gov.au", "certau"};

    rows_team_put(rows, ROWS_PEER_OWN, &us);
    rows_team_put(rows, 0, &them);
    rows_lane_put(rows, 1, &lane);
}

static void
file_make(const char *folder, char path[SOCKET_PATH_BYTES])
{
    (void)snprintf(path, SOCKET_PATH_BYTES, "%s/" INDEX_FOLDER, folder);
    (void)mkdir(path, 0700);
    (void)snprintf(path, SOCKET_PATH_BYTES, "%s/" INDEX_FOLDER "/index.db",
                   folder);
    db_remove(path);
}

static void
sizes_say(const struct figures *f, const char *path, uint64_t mismatches)
{
    struct rusage usage;
    struct stat st = {0};

    getrusage(RUSAGE_SELF, &usage);
    (void)stat(path, &st);
    printf("%" PRIu64 " messages in %.1f s, %.1f s of processor time; "
           "%lld MiB on disk, %ld MiB of memory, %" PRIu64 " differ\n",
           f->done, f->wall, f->cpu, (long long)st.st_size >> 20,
           usage.ru_maxrss >> 10, mismatches);
}

static void
take_up(const char *folder, uint64_t count)
{
    char path[SOCKET_PATH_BYTES];
    struct rows rows;
    struct figures f = {0};

    file_make(folder, path);
    rows_open(&rows, path);
    lane_put(&rows);
    struct content *c = content_new(&rows, NULL);
    const struct format_sink sink = {&taken, on_item, on_fault};
    struct stix_reader *reader = stix_reader_new(&sink);
    for (uint64_t next = 100000; f.done < count;) {
        block_run(c, &rows, reader, &f);
        if (f.done >= next) {
            stretch_say(&f, &rows);
            next += next < 500000 ? 100000 : 500000;
        }
    }
    double wall = now_s(CLOCK_MONOTONIC);
    rows_commit(&rows);
    while (rows_tidy(&rows, UINT64_MAX))
        ;
    f.wall += now_s(CLOCK_MONOTONIC) - wall;
    sizes_say(&f, path, content_mismatches(c));
    looks_time(&rows, count);
    stix_reader_free(reader);
    content_free(c);
    rows_close(&rows);
}

int
main(int argc, char **argv)
{
    bool socket = argc > 1 && strcmp(argv[1], "--socket") == 0;
    char **words = argv + (socket ? 2 : 1);
    int count = argc - (socket ? 2 : 1);

    if (count != 2 && count != 3) {
        (void)fprintf(stderr,
                      "usage: sealane-index-bench FOLDER MESSAGES [ours]\n"
                      "       sealane-index-bench --socket FOLDER MESSAGES "
                      "[TIMES]\n");
        return 2;
    }
    uint64_t messages = strtoull(words[1], NULL, 10);
    if (socket)
        return socket_time(words[0], messages,
                           count == 3 ? strtoull(words[2], NULL, 10) : 0);
    flags = count == 3 ? ROW_OURS : 0;
    take_up(words[0], messages);
    return 0;
}
