#include "core/base/cursor.h"
#include "edge/signer/journal.h"
#include "edge/signer/keyring.h"
#include "edge/signer/signer.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/random.h>
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

/* The first place of each role is made with the node, the second by us. */
static const struct {
    enum key_role role;
    const char *names[KEYRING_PLACES];
} files[KEYRING_ROLES] = {
    {KEY_ROLE_SESSION, {"session.key", "session-2.key"}},
    {KEY_ROLE_CHECKPOINT, {"checkpoint.key", "checkpoint-2.key"}},
    {KEY_ROLE_RECEIPT, {"receipt.key", "receipt-2.key"}},
};

struct process {
    const struct team_name *own;
    int socket;
    int folder;
    int lock;
    int keys[KEYRING_ROLES][KEYRING_PLACES]; /* -1: not open */
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
read_key(int fd, const char *name, struct secret_key *out)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        signer_say("cannot read %s: %s", name, strerror(errno));
    else if (!S_ISREG(st.st_mode) || st.st_size != sizeof out->b)
        signer_say("%s is not a file of 32 bytes", name);
    else if (st.st_mode & (S_IRWXG | S_IRWXO))
        signer_say("others may read %s: make it 0600", name);
    else if (pread(fd, out->b, sizeof out->b, 0) != sizeof out->b)
        signer_say("cannot read %s", name);
    else
        return true;
    return false;
}

/* Open the place of a key. The second one is made, empty: later nothing can
 * be opened any more. */
static int
open_place(const struct process *p, const char *name, bool make)
{
    static const struct secret_key nothing;
    const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
    int fd = openat(p->folder, name, flags);
    struct stat st;

    if (fd < 0 && errno == ENOENT && make)
        fd = openat(p->folder, name, flags | O_CREAT | O_EXCL, 0600);
    if (fd < 0) {
        signer_say("cannot open %s: %s", name, strerror(errno));
        return -1;
    }
    /* Of a place that was being made the size is not there yet. */
    if (make && fstat(fd, &st) == 0 && st.st_size < (off_t)sizeof nothing.b &&
        (pwrite(fd, nothing.b, sizeof nothing.b, 0) != sizeof nothing.b ||
         fsync(fd) != 0 || fsync(p->folder) != 0))
        signer_say("cannot write %s: %s", name, strerror(errno));
    return fd;
}

static bool
same_key(const struct secret_key *a, const struct secret_key *b)
{
    static const struct secret_key nothing;

    return memcmp(a->b, b->b, sizeof a->b) == 0 &&
           memcmp(a->b, nothing.b, sizeof a->b) != 0;
}

/* What one role signs must never pass for what another says. */
static bool
has_twice(const struct secret_key *seeds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (same_key(&seeds[i], &seeds[k])) {
                signer_say("one key stands in two roles");
                return true;
            }
    return false;
}

static void
fill(void *self, void *out, size_t size)
{
    uint8_t *at = out;

    (void)self;
    while (size) {
        ssize_t n = getrandom(at, size, 0);
        /* Without randomness no key may be made. */
        assert(n > 0 || errno == EINTR);
        if (n > 0) {
            at += n;
            size -= (size_t)n;
        }
    }
}

static enum err
keep(void *self, enum key_role role, size_t place,
     const struct secret_key *seed)
{
    const struct process *p = self;

    for (size_t i = 0; i < KEYRING_ROLES; i++) {
        int fd = p->keys[i][place];
        if (files[i].role != role)
            continue;
        if (pwrite(fd, seed->b, sizeof seed->b, 0) == sizeof seed->b &&
            fdatasync(fd) == 0)
            return OK;
        signer_say("cannot write %s: %s", files[i].names[place],
                   strerror(errno));
    }
    return ERR_IO;
}

static bool
take_keys(struct process *p)
{
    struct secret_key seeds[KEYRING_ROLES * KEYRING_PLACES];
    bool good = true;

    for (size_t i = 0; good && i < KEYRING_ROLES; i++)
        for (size_t k = 0; good && k < KEYRING_PLACES; k++) {
            const char *name = files[i].names[k];
            int fd = p->keys[i][k] = open_place(p, name, k > 0);
            good = fd >= 0 && read_key(fd, name, &seeds[k * KEYRING_ROLES + i]);
        }
    if (good && !has_twice(seeds, ARRAY_SIZE(seeds))) {
        p->signer = signer_new(p->own, seeds);
        signer_places_set(p->signer, &(struct signer_places){fill, keep, p});
        for (size_t i = 0; i < KEYRING_ROLES; i++)
            signer_key_put(p->signer, files[i].role, 1,
                           &seeds[KEYRING_ROLES + i]);
    }
    crypto_wipe(seeds, sizeof seeds);
    return p->signer != NULL;
}

/* What is to be gone must be gone before anything else is signed. */
static bool
settle_keys(struct process *p)
{
    enum err e = signer_settle(p->signer);

    if (e == ERR_MISSING)
        signer_say("a key that is in use is missing: the signing journal "
                   "knows of a newer one than the key files; restore both "
                   "from the same time");
    return e == OK;
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

/* PROTOCOL gate: "The signing journal MUST be synced before a signature leaves
 * the gate." */
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
        if (e != ERR_IO)
            signer_say("a request cannot be read: %s", err_text(e));
        return false;
    }
    buf_set_u32(&p->answer, 0, (uint32_t)(p->answer.size - LENGTH_BYTES));
    if (p->records.size == 0)
        return true;
    /* PROTOCOL gate: "Where a sync fails, the process MUST end without another
     * signature, since it is unknown what is on disk." */
    return signer_journal_append(&p->journal, buf_slice(&p->records)) == OK &&
           settle_keys(p);
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
                        .keys = {{-1, -1}, {-1, -1}, {-1, -1}},
                        .journal = {.fd = -1}};
    int status = STATUS_FAULT;

    if (harden() && make_blocking(fd) && open_folder(&p, directory) &&
        take_lock(&p) && take_keys(&p) && take_journal(&p) && settle_keys(&p) &&
        confine(box))
        status = serve(&p);
    signer_free(p.signer);
    signer_journal_close(&p.journal);
    for (size_t i = 0; i < KEYRING_ROLES; i++)
        for (size_t k = 0; k < KEYRING_PLACES; k++)
            if (p.keys[i][k] >= 0)
                close(p.keys[i][k]);
    if (p.lock >= 0)
        close(p.lock);
    if (p.folder >= 0)
        close(p.folder);
    buf_clear(&p.request);
    buf_clear(&p.records);
    buf_clear(&p.answer);
    return status;
}
