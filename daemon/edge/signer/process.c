#include "core/base/cursor.h"
#include "edge/signer/journal.h"
#include "edge/signer/signer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STATUS_CLOSED 0
#define STATUS_FAULT 1

#define LENGTH_BYTES 4

/* The lock says so once the journal was made; one that is missing later was
 * lost and must not be begun anew. */
static const char journal_made[] = "journal made\n";

struct process {
    const struct team_name *own;
    int socket;
    int folder;
    int lock;
    struct signer *signer;
    struct signer_journal journal;
    struct buf request, records, answer;
};

/* Keep the keys out of core files and away from debuggers. */
static bool
harden(void)
{
    if (sandbox_harden() == OK)
        return true;
    signer_say("cannot protect its memory: %s", strerror(errno));
    return false;
}

/* From here on the files that are open are all that it has. */
static bool
confine(const struct sandbox *box)
{
    char text[SANDBOX_TEXT_MAX];

    if (!box || sandbox_enter(box, SANDBOX_SIGNER, text) == OK)
        return true;
    signer_say("cannot be confined: %s", text);
    return false;
}

static bool
open_folder(struct process *p, const char *directory)
{
    struct stat st;

    p->folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (p->folder < 0 || fstat(p->folder, &st) != 0) {
        signer_say("cannot open %s: %s", directory, strerror(errno));
        return false;
    }
    if (st.st_mode & (S_IWGRP | S_IWOTH)) {
        signer_say("others may write in %s: make it 0700", directory);
        return false;
    }
    return true;
}

static bool
take_lock(struct process *p)
{
    p->lock = openat(p->folder, "lock",
                     O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (p->lock < 0) {
        signer_say("cannot open its lock: %s", strerror(errno));
        return false;
    }
    if (flock(p->lock, LOCK_EX | LOCK_NB) != 0) {
        signer_say("another signer runs on the same keys");
        return false;
    }
    return true;
}

static bool
read_key(int folder, const char *name, struct secret_key *out)
{
    struct stat st;
    bool good = false;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0 || fstat(fd, &st) != 0)
        signer_say("cannot open %s: %s", name, strerror(errno));
    else if (!S_ISREG(st.st_mode) || st.st_size != sizeof out->b)
        signer_say("%s is not a file of 32 bytes", name);
    else if (st.st_mode & (S_IRWXG | S_IRWXO))
        signer_say("others may read %s: make it 0600", name);
    else if (read(fd, out->b, sizeof out->b) != sizeof out->b)
        signer_say("cannot read %s", name);
    else
        good = true;
    if (fd >= 0)
        close(fd);
    return good;
}

static bool
same_key(const struct secret_key *a, const struct secret_key *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

static bool
take_keys(struct process *p)
{
    struct secret_key seeds[3];
    bool good = read_key(p->folder, "session.key", &seeds[0]) &&
                read_key(p->folder, "checkpoint.key", &seeds[1]) &&
                read_key(p->folder, "receipt.key", &seeds[2]);

    /* What one role signs must never pass for what another says. */
    if (good &&
        (same_key(&seeds[0], &seeds[1]) || same_key(&seeds[0], &seeds[2]) ||
         same_key(&seeds[1], &seeds[2]))) {
        signer_say("one key stands in two roles");
        good = false;
    }
    if (good)
        p->signer = signer_new(p->own, seeds);
    crypto_wipe(seeds, sizeof seeds);
    return good;
}

static bool
take_journal(struct process *p)
{
    struct stat st;
    const ssize_t size = sizeof journal_made - 1;

    if (fstat(p->lock, &st) != 0) {
        signer_say("cannot read its lock: %s", strerror(errno));
        return false;
    }
    const struct signer_journal_place place = {
        .folder = p->folder, .name = "journal", .create = st.st_size == 0};
    if (signer_journal_open(&place, p->signer, &p->journal) != OK)
        return false;
    if (st.st_size)
        return true;
    if (pwrite(p->lock, journal_made, (size_t)size, 0) != size ||
        fsync(p->lock) != 0) {
        signer_say("cannot write its lock: %s", strerror(errno));
        return false;
    }
    return true;
}

/* Read exactly `size` bytes; false at the end of the daemon. */
static bool
receive(int fd, uint8_t *out, size_t size)
{
    while (size) {
        ssize_t n = read(fd, out, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        out += n;
        size -= (size_t)n;
    }
    return true;
}

static bool
transmit(int fd, struct slice bytes)
{
    while (bytes.size) {
        ssize_t n = send(fd, bytes.data, bytes.size, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = slice_of(bytes.data + n, bytes.size - (size_t)n);
    }
    return true;
}

/* Answer the request in `p->request`; what it signed is on disk before. */
static bool
answer(struct process *p)
{
    struct timespec now;

    if (clock_gettime(CLOCK_REALTIME, &now) != 0) {
        signer_say("cannot read the clock: %s", strerror(errno));
        return false;
    }
    uint64_t clock_s = now.tv_sec > 0 ? (uint64_t)now.tv_sec : 0;
    buf_reset(&p->records);
    buf_reset(&p->answer);
    buf_put_u32(&p->answer, 0);
    enum err e = signer_answer(p->signer, buf_slice(&p->request), clock_s,
                               &p->records, &p->answer);
    if (e) {
        signer_say("a request cannot be read: %s", err_text(e));
        return false;
    }
    buf_set_u32(&p->answer, 0, (uint32_t)(p->answer.size - LENGTH_BYTES));
    return p->records.size == 0 ||
           signer_journal_append(&p->journal, buf_slice(&p->records)) == OK;
}

static int
serve(struct process *p)
{
    uint8_t head[LENGTH_BYTES];

    while (receive(p->socket, head, sizeof head)) {
        uint32_t size = get_be32(head);
        if (size > SIGN_FRAME_MAX) {
            signer_say("a request of %u bytes is too large", (unsigned)size);
            return STATUS_FAULT;
        }
        buf_reset(&p->request);
        if (!receive(p->socket, buf_extend(&p->request, size), size))
            break;
        if (!answer(p))
            return STATUS_FAULT;
        if (!transmit(p->socket, buf_slice(&p->answer)))
            break;
    }
    return STATUS_CLOSED;
}

/* Requests are read one after another: the socket must wait. */
static bool
make_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags >= 0 && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0)
        return true;
    signer_say("cannot use its socket: %s", strerror(errno));
    return false;
}

int
signer_serve(const char *directory, const struct team_name *own, int fd,
             const struct sandbox *box)
{
    struct process p = {.own = own,
                        .socket = fd,
                        .folder = -1,
                        .lock = -1,
                        .journal = {.fd = -1}};
    int status = STATUS_FAULT;

    if (harden() && make_blocking(fd) && open_folder(&p, directory) &&
        take_lock(&p) && take_keys(&p) && take_journal(&p) && confine(box))
        status = serve(&p);
    signer_free(p.signer);
    signer_journal_close(&p.journal);
    if (p.lock >= 0)
        close(p.lock);
    if (p.folder >= 0)
        close(p.folder);
    buf_clear(&p.request);
    buf_clear(&p.records);
    buf_clear(&p.answer);
    return status;
}
