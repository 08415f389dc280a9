#include "cli/files.h"
#include "cli/proofs.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/wire/message.h"
#include "edge/control/ids.h"

#include <errno.h>
#include <sys/stat.h>

/* Two talks with the daemon: one answer is read while others come. */
struct proving {
    struct run *run;
    struct daemon *asks, *proves;
    struct prover prover;
    const char *directory; /* of a submission's files; NULL: one file */
    uint64_t written, receipted;
};

/* ---- files -------------------------------------------------------------- */

/* Name a file after an id: krcert>cert.gov.au#5 gives
 * krcert-to-cert.gov.au-5.proof. */
static void
put_file_name(struct buf *out, const char *directory, struct slice id)
{
    if (directory) {
        buf_put_str(out, directory);
        buf_put_u8(out, '/');
    }
    for (size_t i = 0; i < id.size; i++) {
        if (id.data[i] == '>')
            buf_put_str(out, "-to-");
        else if (id.data[i] == '#')
            buf_put_u8(out, '-');
        else
            buf_put_u8(out, id.data[i] == '/' ? '_' : id.data[i]);
    }
    buf_put_str(out, ".proof");
    buf_put_u8(out, 0);
}

static bool
write_evidence(struct proving *p, const struct evidence *e, struct slice id)
{
    const char *path = option_text(&p->run->options, "output");
    struct buf name = {0}, file = {0};
    bool good;

    if (!path || p->directory) {
        put_file_name(&name, p->directory, id);
        path = (const char *)name.data;
    }
    evidence_write(e, &file);
    good = file_write(path, buf_slice(&file));
    p->written += good;
    p->receipted += good && e->has_receipt;
    if (good && !p->directory && strcmp(path, "-") != 0)
        (void)printf("%s  %s\n", path,
                     e->has_receipt ? "signed by its origin, receipted by "
                                      "its holder"
                                    : "signed by its origin, NOT receipted "
                                      "yet");
    buf_clear(&name);
    buf_clear(&file);
    return good;
}

/* ---- one message -------------------------------------------------------- */

static int
complain_proof(struct slice id, enum err why)
{
    return complain("%.*s: %s", (int)id.size, (const char *)id.data,
                    why == ERR_MISSING ? "it is not signed yet"
                                       : err_text(why));
}

static int
prove_record(struct proving *p, const struct control_record *r)
{
    bool body = !option_is(&p->run->options, "no-body");
    struct slice id = control_text(r, "id");
    struct evidence e;
    enum err why;

    if (body && control_truth(r, "hidden"))
        return complain("%.*s is TLP:RED and this user may not read it; "
                        "--no-body proves it without the content",
                        (int)id.size, (const char *)id.data);
    if (!prover_make(&p->prover, r, body, &e, &why))
        return FAILED;
    if (why != OK)
        return complain_proof(id, why);
    if (!write_evidence(p, &e, id))
        return FAILED;
    if (body && !e.has_body && !p->directory)
        (void)fprintf(stderr,
                      "sealane: %.*s is proven without its content, which is "
                      "not here any more\n",
                      (int)id.size, (const char *)id.data);
    return DONE;
}

static int
prove_message(struct proving *p, struct slice id)
{
    struct control_answer a;
    struct ask ask;
    int code = FAILED;

    ask_begin(&ask, "show");
    control_add_text(&ask.b, "id", id);
    if (link_ask(p->asks, &ask, &a)) {
        if (a.code == OK && a.record_count > 0)
            code = prove_record(p, &a.records[0]);
        else
            link_complain(&a);
        if (a.code == ERR_NOT_FOUND)
            code = NO_MATCH;
    }
    ask_clear(&ask);
    return code;
}

/* ---- a submission ------------------------------------------------------- */

/* Collect the ids of a page's entries that are of the submission, with a NUL
 * behind each; give the index behind the page's last entry. */
static uint64_t
collect_ids(const struct control_answer *a, uint64_t number, struct buf *ids)
{
    struct arena arena;
    struct message m;
    uint64_t behind = 0;

    arena_init(&arena, BODY_MAX * 4u);
    for (size_t i = 0; i < a->record_count; i++) {
        const struct control_record *r = &a->records[i];
        arena_reset(&arena);
        if (!control_find(r, "index"))
            continue;
        behind = record_u64(r, "index") + 1;
        if (control_find(r, "message") &&
            message_get(control_bytes(r, "message"), &arena, &m) == OK &&
            m.has_submission && m.submission.number == number) {
            buf_put(ids, control_text(r, "id"));
            buf_put_u8(ids, 0);
        }
    }
    arena_clear(&arena);
    return behind;
}

/* Where a submission lies in the lane to one team. */
struct stretch {
    struct buf team;
    uint64_t first, last;
};

static int
prove_ids(struct proving *p, struct slice ids)
{
    int code = DONE;

    while (ids.size > 0 && code == DONE) {
        size_t size = strlen((const char *)ids.data);
        code = prove_message(p, slice_of(ids.data, size));
        ids = slice_of(ids.data + size + 1, ids.size - size - 1);
    }
    return code;
}

/* Ask for the entries from `from` on, and collect. */
static bool
next_ids(struct proving *p, const struct stretch *s, uint64_t number,
         uint64_t *from, struct buf *ids)
{
    uint64_t count = s->last - *from + 1;
    struct control_answer a;
    struct ask ask;
    bool good;

    ask_begin(&ask, "list");
    ask_text(&ask, "direction", "to");
    control_add_text(&ask.b, "team", buf_slice(&s->team));
    control_add_number(&ask.b, "from-index", (int64_t)*from);
    control_add_number(&ask.b, "limit", count < 256 ? (int64_t)count : 256);
    good = link_call(p->asks, &ask, &a);
    ask_clear(&ask);
    if (!good)
        return false;
    uint64_t behind = collect_ids(&a, number, ids);
    *from = behind > *from ? behind : UINT64_MAX;
    return true;
}

static int
prove_stretch(struct proving *p, const struct stretch *s, uint64_t number)
{
    uint64_t from = s->first;
    struct buf ids = {0};
    int code = DONE;

    while (code == DONE && from <= s->last) {
        buf_reset(&ids);
        code = next_ids(p, s, number, &from, &ids)
                   ? prove_ids(p, buf_slice(&ids))
                   : FAILED;
    }
    buf_clear(&ids);
    return code;
}

/* Learn to which teams a submission went, and where it lies. */
static bool
ask_stretches(struct proving *p, uint64_t number, struct stretch **out,
              size_t *count)
{
    struct control_answer a;
    struct ask ask;
    bool good;

    *count = 0;
    ask_begin(&ask, "submission");
    control_add_number(&ask.b, "number", (int64_t)number);
    good = link_call(p->asks, &ask, &a);
    ask_clear(&ask);
    if (!good)
        return false;
    *out = mem_new((a.record_count + 1) * sizeof **out);
    for (size_t i = 0; i < a.record_count; i++) {
        const struct control_record *r = &a.records[i];
        if (!control_find(r, "first-index"))
            continue;
        struct stretch *s = &(*out)[(*count)++];
        buf_put(&s->team, control_text(r, "team"));
        s->first = record_u64(r, "first-index");
        s->last = record_u64(r, "last-index");
    }
    return true;
}

static int
prove_stretches(struct proving *p, uint64_t number)
{
    struct stretch *s = NULL;
    size_t count;
    int code = DONE;

    if (!ask_stretches(p, number, &s, &count))
        return FAILED;
    for (size_t i = 0; i < count; i++) {
        if (code == DONE)
            code = prove_stretch(p, &s[i], number);
        buf_clear(&s[i].team);
    }
    mem_free(s);
    return code;
}

static int
prove_submission(struct proving *p, uint64_t number)
{
    char name[64];
    int code;

    (void)snprintf(name, sizeof name, "S-%llu", (unsigned long long)number);
    p->directory = option_text(&p->run->options, "output");
    if (!p->directory)
        p->directory = name;
    if (mkdir(p->directory, 0700) != 0 && errno != EEXIST)
        return complain("%s: %s", p->directory, strerror(errno));
    code = prove_stretches(p, number);
    (void)printf("%s/  %llu evidence files, %llu of them receipted\n",
                 p->directory, (unsigned long long)p->written,
                 (unsigned long long)p->receipted);
    if (code == DONE && p->written == 0)
        return complain("nothing of S-%llu is signed yet",
                        (unsigned long long)number);
    return code;
}

/* ---- the command -------------------------------------------------------- */

int
command_prove(struct run *run)
{
    struct proving p = {.run = run};
    struct slice id;
    uint64_t number;
    int code = FAILED;

    if (run->options.word_count != 1)
        return command_usage(run);
    id = slice_str(run->options.words[0]);
    p.asks = link_open(run);
    p.proves = p.asks ? link_open(run) : NULL;
    prover_begin(&p.prover, p.proves);
    if (p.proves)
        code = submission_ref_parse(id, &number) ? prove_submission(&p, number)
                                                 : prove_message(&p, id);
    prover_clear(&p.prover);
    daemon_close(p.proves);
    daemon_close(p.asks);
    return code;
}
