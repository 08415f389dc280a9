#include "cli/backup.h"

#include "cli/commands.h"
#include "cli/copy.h"
#include "cli/json_out.h"
#include "cli/text.h"
#include "core/exchange/view.h"
#include "edge/journal/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATH_BYTES 1024
#define MESSAGE_MAX 1024
#define COMING "journal.restoring"

/* What a journal says when all of it is read. */
struct told {
    bool readable; /* to its end */
    uint64_t turn;
    struct view_node node;
    uint8_t id[BACKUP_ID_BYTES];
};

struct restoring {
    const struct run *run;
    const char *from, *state;
    int folder, to; /* of the backup, of the state */
    struct manifest manifest;
    struct told backup, old;
    bool has_old;
    char aside[64]; /* where the old journal went */
};

static bool
failed(const char *path, const char *what)
{
    (void)complain("%s/%s: %s", path, what, strerror(errno));
    return false;
}

/* ---- reading journals --------------------------------------------------- */

static enum err
on_fact(void *self, const struct fact *f)
{
    return exchange_restore(self, f);
}

/* Fold all that can be read of a journal. */
static void
tell(const char *path, struct told *out, char *message)
{
    const struct store nothing = {NULL, NULL};
    struct exchange *x = exchange_new(&nothing);
    struct journal_opening how = {.directory = path, .each = on_fact};
    struct backup_state state;
    struct backup port;
    struct journal *j;

    how.context = x;
    out->readable = journal_open_to_read(&how, &j, message, MESSAGE_MAX) == OK;
    if (out->readable) {
        journal_backup(j, &port);
        port.ops->state(port.self, &state);
        memcpy(out->id, state.journal, sizeof out->id);
        out->turn = state.turn;
        journal_close(j);
    }
    view_node(x, &out->node);
    exchange_free(x);
}

static bool
path_of(char out[PATH_BYTES], const char *folder, const char *name)
{
    int size = snprintf(out, PATH_BYTES, "%s/%s", folder, name);

    if (size > 0 && size < PATH_BYTES)
        return true;
    (void)complain("the path %s is too long", folder);
    return false;
}

/* ---- looking before anything changes ------------------------------------ */

static bool
backup_look(struct restoring *r)
{
    char path[PATH_BYTES], message[MESSAGE_MAX] = "";

    r->folder = open(r->from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (r->folder < 0)
        return failed(r->from, "");
    if (!backup_settle(r->folder))
        return false;
    if (manifest_read(r->folder, MANIFEST_NAME, &r->manifest) != OK ||
        !r->manifest.complete) {
        (void)complain("%s holds no complete backup", r->from);
        return false;
    }
    for (size_t i = 0; i < r->manifest.count; i++) {
        const struct manifest_part *p = &r->manifest.parts[i];
        struct copied found;
        if (!copy_read(r->folder, p->part.name, &found))
            return false;
        if (!hash_equal(&found.hash, &p->hash)) {
            (void)complain("%s/%s is not what was copied: nothing is restored",
                           r->from, p->part.name);
            return false;
        }
    }
    if (!path_of(path, r->from, JOURNAL_FOLDER))
        return false;
    tell(path, &r->backup, message);
    if (!r->backup.readable)
        (void)complain("%s", message);
    return r->backup.readable;
}

static bool
state_open(struct restoring *r)
{
    r->to = open(r->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (r->to < 0)
        return failed(r->state, "");
    int lock =
        openat(r->to, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0)
        return failed(r->state, "lock");
    /* Held until the command ends. */
    if (flock(lock, LOCK_EX | LOCK_NB) == 0)
        return true;
    (void)complain("a daemon runs on %s: stop it first", r->state);
    return false;
}

/* A journal that is whole and newer is not given up by mistake. */
static bool
old_look(struct restoring *r)
{
    char path[PATH_BYTES], message[MESSAGE_MAX] = "";
    struct stat info;

    if (!path_of(path, r->state, JOURNAL_FOLDER))
        return false;
    r->has_old = stat(path, &info) == 0;
    if (!r->has_old)
        return true;
    tell(path, &r->old, message);
    if (!r->old.readable || r->old.turn <= r->backup.turn ||
        option_is(&r->run->options, "older"))
        return true;
    (void)complain("the journal in %s is whole and newer: turn %llu, the "
                   "backup's %llu. Start the daemon on it; or, if that is "
                   "what you want, --older",
                   r->state, (unsigned long long)r->old.turn,
                   (unsigned long long)r->backup.turn);
    return false;
}

/* ---- putting back ------------------------------------------------------- */

/* What an earlier try left behind was never in use. */
static bool
coming_make(const struct restoring *r, int *out)
{
    const struct dirent *entry;
    bool good = true;
    DIR *list;

    if (mkdirat(r->to, COMING, 0700) != 0 && errno != EEXIST)
        return failed(r->state, COMING);
    *out = openat(r->to, COMING, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = *out < 0 ? -1 : dup(*out);
    list = fd < 0 ? NULL : fdopendir(fd);
    while (list && good && (entry = readdir(list)))
        good = entry->d_name[0] == '.' || unlinkat(*out, entry->d_name, 0) == 0;
    if (!list || !good)
        good = failed(r->state, COMING);
    if (list)
        (void)closedir(list);
    return good;
}

static bool
parts_copy(const struct restoring *r, int coming)
{
    const size_t prefix = sizeof JOURNAL_FOLDER;
    int from =
        openat(r->folder, JOURNAL_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = from >= 0 || failed(r->from, JOURNAL_FOLDER);

    for (size_t i = 0; good && i < r->manifest.count; i++) {
        const struct manifest_part *p = &r->manifest.parts[i];
        struct copied done;
        if (strncmp(p->part.name, JOURNAL_FOLDER "/", prefix) != 0)
            continue;
        good = copy_file(from, coming, p->part.name + prefix, &done);
        if (good && !hash_equal(&done.hash, &p->hash)) {
            (void)complain("%s changed while it was copied", p->part.name);
            good = false;
        }
    }
    if (from >= 0)
        (void)close(from);
    return good && (fsync(coming) == 0 || failed(r->state, COMING));
}

/* PROTOCOL journal: "A restore declares itself by a fact with a new
 * incarnation." */
static bool
declare(struct restoring *r)
{
    char path[PATH_BYTES], message[MESSAGE_MAX] = "";
    struct journal_opening how = {.directory = path};
    struct fact f = {.type = FACT_RESTORED,
                     .item = r->backup.node.incarnation + 1,
                     .code = RESTORED_DECLARED,
                     .time.ms = (uint64_t)time(NULL) * 1000};
    struct buf facts = {0};
    struct journal *j;
    struct store s;

    if (!path_of(path, r->state, COMING))
        return false;
    if (journal_open(&how, &j, message, sizeof message) != OK)
        return complain("%s", message), false;
    journal_store(j, &s);
    f.number = s.ops->turn(s.self);
    fact_put(&facts, &f);
    s.ops->append(s.self, buf_slice(&facts));
    s.ops->sync(s.self);
    buf_clear(&facts);
    journal_close(j);
    return true;
}

static void
name_aside(struct restoring *r)
{
    time_t now = time(NULL);
    struct tm tm;
    char stamp[32];

    (void)gmtime_r(&now, &tm);
    (void)strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &tm);
    (void)snprintf(r->aside, sizeof r->aside, "journal.until-%s", stamp);
}

/* At no moment is there no journal: a daemon that found none would begin a
 * new one. */
static bool
swap(struct restoring *r)
{
    bool good;

    if (r->has_old) {
        name_aside(r);
        good = renameat2(r->to, COMING, r->to, JOURNAL_FOLDER,
                         RENAME_EXCHANGE) == 0 &&
               renameat(r->to, COMING, r->to, r->aside) == 0;
    } else {
        good = renameat(r->to, COMING, r->to, JOURNAL_FOLDER) == 0;
    }
    return (good && fsync(r->to) == 0) || failed(r->state, JOURNAL_FOLDER);
}

/* The small files are put where there are none. */
static bool
files_copy(const struct restoring *r)
{
    bool good = true;

    for (size_t i = 0; good && i < r->manifest.count; i++) {
        const char *name = r->manifest.parts[i].part.name;
        struct stat info;
        struct copied done;
        if (strchr(name, '/') || fstatat(r->to, name, &info, 0) == 0)
            continue;
        good = copy_file(r->folder, r->to, name, &done);
        if (good)
            (void)fprintf(stderr, "%s: taken from the backup\n", name);
    }
    return good;
}

/* ---- saying it ---------------------------------------------------------- */

static void
print_lost(const struct restoring *r)
{
    uint64_t have = r->backup.node.submission_count;
    uint64_t had = r->old.node.submission_count;

    if (!r->has_old) {
        (void)printf(" lost    what was accepted after S-%llu: no journal was "
                     "here to say more\n",
                     (unsigned long long)have);
    } else if (had > have) {
        (void)printf(" lost    S-%llu to S-%llu, accepted after the backup: "
                     "what of them was sent comes back from the peers, the "
                     "rest must be submitted again%s\n",
                     (unsigned long long)have + 1, (unsigned long long)had,
                     r->old.readable ? ""
                                     : " (as far as the damaged journal "
                                       "could be read)");
    } else {
        (void)printf(" lost    no submission%s\n",
                     r->old.readable ? ""
                                     : " as far as the damaged journal could "
                                       "be read");
    }
}

static void
print_done(const struct restoring *r)
{
    struct buf when = {0};

    text_put_time(&when, r->manifest.time_ms);
    (void)printf("%s: %s as of turn %llu, %.*s; restore number %llu\n",
                 r->state, r->manifest.team.text,
                 (unsigned long long)r->backup.turn, (int)when.size,
                 (const char *)when.data,
                 (unsigned long long)r->backup.node.incarnation + 1);
    buf_clear(&when);
    print_lost(r);
    if (r->has_old)
        (void)printf(" kept    the journal that was here: %s/%s\n", r->state,
                     r->aside);
    if (faccessat(r->to, "signer/journal", F_OK, 0) != 0)
        (void)printf(" MISSING signer/journal: put the genuine one back, never "
                     "a copy; without it the signer refuses to start\n");
    (void)puts(" next    start the daemon; a lane's messages are shown once "
               "its peer was reached");
}

static void
print_json(const struct restoring *r)
{
    struct json_out *j = json_out_new(stdout);

    json_out_open(j, NULL);
    json_out_str(j, "state", r->state);
    json_out_str(j, "team", r->manifest.team.text);
    json_out_number(j, "turn", r->backup.turn);
    json_out_time(j, "time", r->manifest.time_ms);
    json_out_number(j, "incarnation", r->backup.node.incarnation + 1);
    json_out_number(j, "submissions", r->backup.node.submission_count);
    if (r->has_old) {
        json_out_number(j, "submissions_before", r->old.node.submission_count);
        json_out_truth(j, "journal_before_readable", r->old.readable);
        json_out_str(j, "kept", r->aside);
    }
    json_out_close(j);
    json_out_free(j);
}

static bool
put_back(struct restoring *r)
{
    int coming = -1;
    bool good = coming_make(r, &coming) && parts_copy(r, coming);

    if (coming >= 0)
        (void)close(coming);
    return good && declare(r) && files_copy(r) && swap(r);
}

int
command_restore(struct run *run)
{
    struct restoring r = {.run = run, .folder = -1, .to = -1};
    bool good;

    r.state = option_text(&run->options, "state");
    if (run->options.word_count != 1 || !r.state)
        return command_usage(run);
    r.from = run->options.words[0];
    good = state_open(&r) && backup_look(&r) && old_look(&r) && put_back(&r);
    if (good && run->json)
        print_json(&r);
    else if (good)
        print_done(&r);
    manifest_clear(&r.manifest);
    if (r.folder >= 0)
        (void)close(r.folder);
    if (r.to >= 0)
        (void)close(r.to);
    return good ? DONE : FAILED;
}
