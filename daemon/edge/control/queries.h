/*
 * queries - the verbs of the control socket: one table, and the answers to
 *           those that only read.
 *
 * Holds:      one answer is at most a page: so many records, so many bytes,
 *             so many entries looked at.
 * Trusts:     clients.c for the roles; nothing of the request.
 * Leaves out: verbs that change something (core/exchange).
 */
#ifndef EDGE_CONTROL_QUERIES_H
#define EDGE_CONTROL_QUERIES_H

#include "core/base/instant.h"
#include "core/exchange/view.h"
#include "core/ports/backup.h"
#include "core/wire/control.h"
#include "edge/control/control.h"
#include "edge/turn/settings.h"

/* A page: records, bytes of bodies, entries looked at. A page holds at least
 * one record, however large. */
#define PAGE_RECORDS_MAX 512
#define PAGE_BYTES_MAX MIB(1)
#define PAGE_LOOKS_MAX 4096

/* Memory for one answer: a page, or one body of the largest size, each
 * copied once, and the values around them. */
#define ANSWER_BUDGET MIB(64)

struct query {
    const struct exchange *exchange;
    const struct store *store;
    const struct settings *settings;
    const struct control_tls *tls;
    const struct backup *backup; /* NULL: nothing to copy from */
    unsigned roles;
    struct now now;
    uint64_t up_ms;
    const struct control_record *values; /* of the request */
    struct arena *arena;
    struct control_builder answer;
    struct slice text; /* what is wrong, or left out, for a person */
};

typedef enum err (*query_fn)(struct query *q);

struct verb {
    const char *name;
    unsigned role;    /* any of these bits */
    bool to_exchange; /* it changes something */
    query_fn answer;  /* of one that reads; NULL: clients.c answers */
};

/* Find a verb; NULL if there is none of that name. */
const struct verb *verb_find(const char *name);

/* Set the text of an error: `before`, `value`, `after`, in one sentence. */
void query_fault(struct query *q, const char *before, struct slice value,
                 const char *after);

/* Find the peer that the value `key` names. ERR_NOT_FOUND, with a text that
 * lists the known ones. */
MUST_USE enum err query_peer(struct query *q, struct slice name,
                             uint32_t *peer);

/* Give a team's full name; VIEW_NONE is the own team. */
struct slice query_team(const struct query *q, uint32_t peer);

/* Give what people call it: its short name, or its full name where it has
 * none or two would be equal. */
struct slice query_name(const struct query *q, uint32_t peer);

/* Add the records of one submission, one for each peer that it went to, and
 * a text that changes exactly when they do. ERR_NOT_FOUND */
MUST_USE enum err query_submission(struct query *q, uint64_t number,
                                   struct buf *token);

/* Tell whether nothing of a submission is still on its way. */
bool query_submission_done(struct query *q, uint64_t number);

/* ---- copying.c: what a backup is made of ---- */
MUST_USE enum err query_backup(struct query *q);
MUST_USE enum err query_backup_read(struct query *q);

/* Add one alarm's values (without ending the record), or a record for each
 * that is open. */
void query_add_alarm(struct query *q, const struct view_alarm *a);
void query_add_open_alarms(struct query *q);

/* Answer with the open alarms, with all that are kept, or with one. */
enum err query_alarms(struct query *q);

#endif
