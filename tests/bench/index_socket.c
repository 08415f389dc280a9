#include "index_socket.h"

#include "core/base/mem.h"
#include "core/wire/control.h"
#include "edge/index/index.h"
#include "index_values.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIMES 20000u
#define WORD_TIMES 20u
#define ANSWER_BUDGET (64u << 20)

static struct arena arena;
static struct buf frame, in;

static _Noreturn void
fail(const char *what)
{
    (void)fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- the other process -------------------------------------------------- */

static unsigned
rights(const void *context, unsigned uid, const unsigned *gids,
       size_t gid_count)
{
    (void)context;
    (void)uid;
    (void)gids;
    (void)gid_count;
    return INDEX_READ | INDEX_READ_RED;
}

static int
serve(const char *folder, const char *path, int link)
{
    char journal[SOCKET_PATH_BYTES], index[SOCKET_PATH_BYTES];
    const struct index_config config = {.journal = journal,
                                        .folder = index,
                                        .socket = path,
                                        .rights = rights,
                                        .lists = ""};
    struct sandbox box = {0};

    (void)snprintf(journal, sizeof journal, "%s/journal", folder);
    (void)snprintf(index, sizeof index, "%s/" INDEX_FOLDER, folder);
    sandbox_probe(&box, false);
    box.state = folder;
    box.socket = path;
    return index_serve(&config, link, &box);
}

/* Nothing is told to be on disk, so that it looks for no journal. */
static pid_t
serve_begin(const char *folder, const char *path, int *link)
{
    int ends[2];
    uint8_t byte;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        fail("socketpair");
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (!child) {
        (void)close(ends[0]);
        exit(serve(folder, path, ends[1]));
    }
    (void)close(ends[1]);
    if (recv(ends[0], &byte, sizeof byte, 0) != 1)
        fail("the index did not begin");
    *link = ends[0];
    return child;
}

/* ---- asking ------------------------------------------------------------- */

static int
call(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    errno = ENAMETOOLONG;
    if (strlen(path) >= sizeof to.sun_path)
        fail(path);
    memcpy(to.sun_path, path, strlen(path));
    if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) != 0)
        fail(path);
    return fd;
}

static void
read_whole(int fd, size_t size)
{
    uint8_t *to = buf_extend(&in, size);

    while (size) {
        ssize_t n = read(fd, to, size);
        if (n <= 0)
            fail("the index closed the connection");
        to += n;
        size -= (size_t)n;
    }
}

static struct control_answer
ask(int fd, const struct control_request *r)
{
    struct control_answer a = {0};

    arena_reset(&arena);
    buf_reset(&frame);
    buf_reset(&in);
    control_request_put(&frame, r);
    if (write(fd, frame.data, frame.size) != (ssize_t)frame.size)
        fail("write");
    read_whole(fd, CONTROL_HEADER_BYTES);
    size_t size = (size_t)in.data[0] << 24 | (size_t)in.data[1] << 16 |
                  (size_t)in.data[2] << 8 | in.data[3];
    buf_reset(&in);
    read_whole(fd, size);
    if (control_answer_get(buf_slice(&in), &arena, &a) != OK || a.code) {
        (void)fprintf(stderr, "the index says: %.*s\n", (int)a.text.size,
                      (const char *)a.text.data);
        exit(1);
    }
    return a;
}

static struct control_answer
search(int fd, const char *key, const char *text, int64_t before)
{
    const struct control_value values[] = {
        {.key = key, .kind = CONTROL_TEXT, .text = slice_str(text)},
        {.key = "before", .kind = CONTROL_NUMBER, .number = before}};
    const struct control_request r = {
        .id = 1, .verb = "search", .values = {values, before ? 2 : 1}};

    return ask(fd, &r);
}

/* A start holds everything against the built-in lists once: wait for it. */
static void
settled_wait(int fd, uint64_t messages)
{
    const struct control_request r = {.id = 1, .verb = "status"};

    for (;;) {
        struct control_answer a = ask(fd, &r);
        const struct control_record *first = &a.records[0];
        int64_t held = control_number(first, "messages", 0);
        if ((uint64_t)held != messages) {
            (void)fprintf(stderr,
                          "the index holds %" PRId64 " messages, not %" PRIu64
                          ": make it with sealane-index-bench FOLDER %" PRIu64
                          "\n",
                          held, messages, messages);
            exit(1);
        }
        if (!control_number(first, "judging", 0))
            return;
        (void)poll(NULL, 0, 100);
    }
}

/* Records that are no summary, and no place to go on. */
static uint64_t
matches(const struct control_answer *a)
{
    uint64_t n = 0;

    for (size_t i = 0; i < a->record_count; i++)
        n += control_find(&a->records[i], "row") != NULL;
    return n;
}

static void
values_time(int fd, uint64_t messages, size_t times, bool held)
{
    double *took = mem_resize(NULL, times, sizeof *took);
    uint64_t known = 0;

    for (size_t i = 0; i < times; i++) {
        uint64_t n = roll() % messages;
        enum observable type;
        char value[VALUE_BYTES];
        value_make(held ? value_of_message(n) : messages + n, value, &type);
        double from = now_s(CLOCK_MONOTONIC);
        struct control_answer a = search(fd, "value", value, 0);
        took[i] = (now_s(CLOCK_MONOTONIC) - from) * 1e3;
        known += matches(&a) > 0;
    }
    times_say(held ? "values that are held" : "values that are not", took,
              times);
    printf("  %" PRIu64 " of them were found\n", known);
    mem_free(took);
}

/* Ask for the pages of one answer. */
static void
words_time(int fd, const char *text)
{
    double took[WORD_TIMES];
    uint64_t found = 0;
    int64_t before = 0;
    size_t pages = 0;

    do {
        double from = now_s(CLOCK_MONOTONIC);
        struct control_answer a = search(fd, "text", text, before);
        took[pages++] = (now_s(CLOCK_MONOTONIC) - from) * 1e3;
        found += matches(&a);
        before = a.record_count
                     ? control_number(&a.records[a.record_count - 1], "next", 0)
                     : 0;
    } while (before && pages < WORD_TIMES);
    printf("pages of the words \"%s\", ", text);
    times_say("with the reading of the answer", took, pages);
    printf("  %" PRIu64 " matches on them\n", found);
}

int
socket_time(const char *folder, uint64_t messages, uint64_t times)
{
    char path[SOCKET_PATH_BYTES];
    char narrow[64];
    int link, status;
    size_t n = times ? times : TIMES;

    if (!messages)
        return 2;
    (void)snprintf(path, sizeof path, "%s/search.sock", folder);
    arena_init(&arena, ANSWER_BUDGET);
    pid_t child = serve_begin(folder, path, &link);
    int fd = call(path);
    settled_wait(fd, messages);
    values_time(fd, messages, n, true);
    values_time(fd, messages, n, false);
    words_time(fd, VALUE_WORD);
    (void)snprintf(narrow, sizeof narrow, VALUE_WORD " %" PRIu64, messages / 2);
    words_time(fd, narrow);
    (void)close(fd);
    (void)kill(child, SIGTERM);
    (void)waitpid(child, &status, 0);
    (void)close(link);
    (void)unlink(path);
    arena_clear(&arena);
    buf_clear(&frame);
    buf_clear(&in);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
