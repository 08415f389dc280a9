#include "cli/backup.h"

#include "cli/copy.h"
#include "cli/json_out.h"
#include "cli/link.h"
#include "cli/text.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "edge/journal/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is erased or retired while we copy makes us look again. */
#define ROUNDS_MAX 20

struct backup_run {
    struct run *run;
    struct daemon *daemon;
    const char *path;
    int folder;
    struct manifest held; /* by the last complete run */
    struct manifest part; /* of the run that was cut off */
    struct manifest want; /* what the daemon says now */
    uint64_t copied;
};

/* ---- the directory ------------------------------------------------------ */

static bool
failed(const struct backup_run *b, const char *what)
{
    (void)complain("%s%s%s: %s", b->path, *what ? "/" : "", what,
                   strerror(errno));
    return false;
}

static bool
is_empty(int folder)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    bool empty = list != NULL;

    /* A run may have been cut off while it wrote its first file. */
    while (empty && (entry = readdir(list)))
        empty = entry->d_name[0] == '.' ||
                strcmp(entry->d_name, "lost+found") == 0 ||
                strncmp(entry->d_name, MANIFEST_NAME,
                        sizeof MANIFEST_NAME - 1) == 0;
    if (list)
        (void)closedir(list);
    else if (fd >= 0)
        (void)close(fd);
    return empty;
}

/* Read a manifest that may not be there. */
static bool
manifest_take(struct backup_run *b, const char *name, struct manifest *out)
{
    enum err e = manifest_read(b->folder, name, out);

    if (e == ERR_IO)
        return failed(b, name);
    if (e == ERR_FORMAT)
        (void)complain("%s/%s is not what sealane wrote", b->path, name);
    return e != ERR_FORMAT;
}

static bool
folder_open(struct backup_run *b)
{
    if (mkdir(b->path, 0700) != 0 && errno != EEXIST)
        return failed(b, "");
    b->folder = open(b->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (b->folder < 0)
        return failed(b, "");
    if (flock(b->folder, LOCK_EX | LOCK_NB) != 0) {
        (void)complain("%s: another sealane writes to it", b->path);
        return false;
    }
    if (!backup_settle(b->folder) ||
        !manifest_take(b, MANIFEST_NAME, &b->held) ||
        !manifest_take(b, MANIFEST_NEW, &b->part))
        return false;
    if (!b->held.team.text[0] && !b->part.team.text[0] &&
        !is_empty(b->folder)) {
        (void)complain("%s holds other things: a backup goes into an empty "
                       "directory or into an earlier backup of the same node",
                       b->path);
        return false;
    }
    return true;
}

/* ---- what there is to copy ---------------------------------------------- */

static bool
state_take(const struct control_record *r, struct manifest *m)
{
    struct slice id = control_bytes(r, "journal");

    if (id.size != sizeof m->state.journal ||
        !team_name_parse(control_text(r, "team"), &m->team))
        return false;
    memcpy(m->state.journal, id.data, id.size);
    m->state.turn = record_u64(r, "turn");
    m->time_ms = record_u64(r, "time-ms");
    return true;
}

static bool
part_take(const struct control_record *r, struct manifest *m)
{
    struct slice name = control_text(r, "name");
    struct manifest_part p = {.hash = {{0}}};

    if (!name.size || name.size >= sizeof p.part.name - sizeof PART_NEW)
        return false;
    memcpy(p.part.name, name.data, name.size);
    p.part.bytes = record_u64(r, "bytes");
    p.part.changed_ns = record_u64(r, "changed-ns");
    manifest_add(m, &p);
    return true;
}

static bool
plan(struct backup_run *b)
{
    struct control_answer answer;
    struct ask ask;

    manifest_clear(&b->want);
    ask_begin(&ask, "backup");
    bool good = link_call(b->daemon, &ask, &answer);
    ask_clear(&ask);
    if (!good)
        return false;
    for (size_t i = 0; good && i < answer.record_count; i++) {
        const struct control_record *r = &answer.records[i];
        good = slice_is(control_text(r, "kind"), "part")
                   ? part_take(r, &b->want)
                   : state_take(r, &b->want);
    }
    if (!good || !b->want.team.text[0])
        return complain("the daemon's answer cannot be read"), false;
    return true;
}

static bool
is_of_this_node(const struct backup_run *b, const struct manifest *m)
{
    if (!m->team.text[0] ||
        memcmp(m->state.journal, b->want.state.journal, BACKUP_ID_BYTES) == 0)
        return true;
    (void)complain("%s holds a backup of %s, of another journal: take another "
                   "directory",
                   b->path, m->team.text);
    return false;
}

static bool
is_same(const struct backup_part *held, const struct backup_part *want)
{
    return want->changed_ns && held->changed_ns == want->changed_ns &&
           held->bytes == want->bytes;
}

/* Make the directory known as ours before anything else stands in it. */
static bool
folder_claim(struct backup_run *b)
{
    if (!b->held.team.text[0] && !b->part.team.text[0]) {
        b->part.team = b->want.team;
        b->part.state = b->want.state;
        if (manifest_write(b->folder, MANIFEST_NEW, &b->part) != OK)
            return failed(b, MANIFEST_NEW);
    }
    return mkdirat(b->folder, JOURNAL_FOLDER, 0700) == 0 || errno == EEXIST ||
           failed(b, JOURNAL_FOLDER);
}

/* ---- copying ------------------------------------------------------------ */

struct piece_source {
    struct backup_run *backup;
    const struct backup_part *part;
    bool gone;
};

static bool
next_piece(void *self, uint64_t offset, struct buf *out)
{
    struct piece_source *s = self;
    struct control_answer answer;
    struct ask ask;

    if (offset >= s->part->bytes)
        return true;
    ask_begin(&ask, "backup-read");
    ask_text(&ask, "name", s->part->name);
    control_add_number(&ask.b, "offset", (int64_t)offset);
    bool good = link_ask(s->backup->daemon, &ask, &answer);
    ask_clear(&ask);
    if (!good)
        return false;
    struct slice bytes = {0};
    if (answer.code == OK && answer.record_count > 0)
        bytes = control_bytes(&answer.records[0], "bytes");
    s->gone =
        answer.code == ERR_NOT_FOUND || (answer.code == OK && !bytes.size);
    if (answer.code != OK && !s->gone)
        link_complain(&answer);
    if (bytes.size > s->part->bytes - offset)
        bytes.size = (size_t)(s->part->bytes - offset);
    buf_put(out, bytes);
    return bytes.size > 0;
}

/* Copy one part under its name and ".new", and note that in BACKUP.new. */
static bool
part_copy(struct backup_run *b, const struct backup_part *part, bool *gone)
{
    struct piece_source from = {b, part, false};
    const struct copy_source source = {next_piece, &from};
    struct manifest_part done = {.part = *part};
    struct copied copied;
    char name[BACKUP_NAME_MAX];

    (void)snprintf(name, sizeof name, "%.58s" PART_NEW, part->name);
    if (!copy_write(b->folder, name, &source, &copied)) {
        *gone = from.gone;
        return from.gone;
    }
    done.hash = copied.hash;
    b->copied += copied.bytes;
    b->part.team = b->want.team;
    b->part.state = b->want.state;
    manifest_add(&b->part, &done);
    return manifest_write(b->folder, MANIFEST_NEW, &b->part) == OK ||
           failed(b, MANIFEST_NEW);
}

/* Copy what is neither held nor copied by this run. Sets `*all` when nothing
 * was left to do. */
static bool
round_copy(struct backup_run *b, bool *all)
{
    *all = true;
    for (size_t i = 0; i < b->want.count; i++) {
        struct manifest_part *want = &b->want.parts[i];
        const struct manifest_part *have =
            manifest_find(&b->part, want->part.name);
        bool gone = false;
        if (!have || !is_same(&have->part, &want->part))
            have = manifest_find(&b->held, want->part.name);
        if (have && is_same(&have->part, &want->part)) {
            want->hash = have->hash;
            continue;
        }
        if (want->part.changed_ns)
            *all = false;
        if (!part_copy(b, &want->part, &gone))
            return false;
        if (gone) {
            *all = false;
            return true;
        }
        want->hash = manifest_find(&b->part, want->part.name)->hash;
    }
    return true;
}

/* The first plan counts: later ones only show what was erased or retired while
 * its parts were copied. */
static bool
copy_all(struct backup_run *b)
{
    bool all = false;

    for (int i = 0; i < ROUNDS_MAX && !all; i++)
        if (!plan(b) || !is_of_this_node(b, &b->held) ||
            !is_of_this_node(b, &b->part) || !folder_claim(b) ||
            !round_copy(b, &all))
            return false;
    if (!all)
        (void)complain("the journal changes faster than it can be copied: try "
                       "again");
    return all;
}

/* ---- the end of a run --------------------------------------------------- */

static bool
verify(struct backup_run *b)
{
    struct journal_opening how = {0};
    struct journal *j;

    if (!backup_open_journal(b->path, &how, &j))
        return false;
    uint64_t turn = journal_turn(j);
    journal_close(j);
    if (turn >= b->want.state.turn)
        return true;
    (void)complain("%s: the copy ends at turn %llu, not %llu", b->path,
                   (unsigned long long)turn,
                   (unsigned long long)b->want.state.turn);
    return false;
}

static uint64_t
total(const struct manifest *m)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < m->count; i++)
        bytes += m->parts[i].part.bytes;
    return bytes;
}

static void
put_mib(struct buf *out, uint64_t bytes)
{
    text_put_count(out, bytes / MIB(1));
    buf_put_u8(out, '.');
    buf_put_decimal(out, bytes % MIB(1) * 10 / MIB(1));
    buf_put_str(out, " MiB");
}

static void
print_text(const struct backup_run *b)
{
    struct buf line = {0};

    buf_put_str(&line, b->path);
    buf_put_str(&line, ": ");
    buf_put_str(&line, b->want.team.text);
    buf_put_str(&line, " up to turn ");
    text_put_count(&line, b->want.state.turn);
    buf_put_str(&line, ", ");
    text_put_time(&line, b->want.time_ms);
    buf_put_str(&line, "; ");
    put_mib(&line, total(&b->want));
    buf_put_str(&line, ", ");
    put_mib(&line, b->copied);
    buf_put_str(&line, " of it new; synced, read back, good");
    (void)printf("%.*s\n", (int)line.size, (const char *)line.data);
    (void)puts(" holds     the journal, the card, the settings, the stream "
               "secret: keep it as closed as the node");
    (void)puts(" does not  hold any private key (keys/, signer/*.key, root/), "
               "the signing journal\n"
               "           (signer/journal, which is never put back), or "
               "captures");
    buf_clear(&line);
}

static void
print_json(const struct backup_run *b)
{
    struct json_out *j = json_out_new(stdout);

    json_out_open(j, NULL);
    json_out_str(j, "directory", b->path);
    json_out_str(j, "team", b->want.team.text);
    json_out_number(j, "turn", b->want.state.turn);
    json_out_time(j, "time", b->want.time_ms);
    json_out_number(j, "bytes", total(&b->want));
    json_out_number(j, "bytes_new", b->copied);
    json_out_number(j, "files", b->want.count);
    json_out_close(j);
    json_out_free(j);
}

static bool
finish(struct backup_run *b)
{
    b->want.complete = true;
    if (manifest_write(b->folder, MANIFEST_NEW, &b->want) != OK)
        return failed(b, MANIFEST_NEW);
    if (!backup_settle(b->folder) || !verify(b))
        return false;
    if (b->run->json)
        print_json(b);
    else
        print_text(b);
    return true;
}

int
command_backup(struct run *run)
{
    struct backup_run b = {.run = run, .folder = -1};
    bool good;

    if (run->options.word_count != 1)
        return command_usage(run);
    b.path = run->options.words[0];
    b.daemon = link_open(run);
    good = b.daemon && folder_open(&b) && copy_all(&b) && finish(&b);
    daemon_close(b.daemon);
    manifest_clear(&b.held);
    manifest_clear(&b.part);
    manifest_clear(&b.want);
    if (b.folder >= 0)
        (void)close(b.folder);
    return good ? DONE : FAILED;
}
