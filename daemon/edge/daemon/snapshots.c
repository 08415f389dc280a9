#include "edge/daemon/snapshots.h"

#include "edge/daemon/log.h"
#include "edge/journal/snapshot.h"

#include <errno.h>

/* ---- at a start --------------------------------------------------------- */

enum err
snapshots_open(struct journal_opening *how, void (*anew)(void *self),
               struct journal **out, char *message, size_t message_size)
{
    enum err e = journal_open(how, out, message, message_size);
    struct journal_stats stats;

    if (e == ERR_STALE) {
        log_say(NOTICE_WARNING,
                "the snapshot does not fit, the whole journal is read: %s",
                message);
        how->state = NULL;
        anew(how->context);
        e = journal_open(how, out, message, message_size);
    }
    if (e)
        return e;
    journal_stats(*out, &stats);
    if (stats.snapshot_turn)
        log_say(NOTICE_INFO, "a snapshot stands for the turns up to %llu",
                (unsigned long long)stats.snapshot_turn);
    return OK;
}

/* ---- writing ------------------------------------------------------------ */

static void
state_put(const void *context, struct buf *out)
{
    exchange_save(context, out);
}

static bool
begin(const struct exchange *x, struct journal *j)
{
    enum err e = journal_snapshot_begin(j, state_put, x);

    if (e)
        log_say(NOTICE_WARNING,
                "no snapshot is written (%s): a start reads "
                "the whole journal",
                err_text(e));
    return !e;
}

/* Write a piece; true while there is more. */
static bool
write_piece(struct journal *j)
{
    bool done;

    if (journal_snapshot_write(j, SNAPSHOT_PIECE_BYTES, &done) == OK)
        return !done;
    log_say(NOTICE_WARNING, "a snapshot cannot be written: %s",
            strerror(errno));
    return false;
}

bool
snapshots_go_on(const struct exchange *x, struct journal *j)
{
    if (journal_snapshot_is_begun(j))
        return write_piece(j);
    return journal_snapshot_is_due(j) && begin(x, j);
}

void
snapshots_end(const struct exchange *x, struct journal *j)
{
    if (!journal_snapshot_is_wanted(j) || !begin(x, j))
        return;
    while (write_piece(j))
        continue;
}
