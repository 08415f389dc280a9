#include "edge/control/queries.h"

/* Bytes of one answer: so much is read between two turns. */
#define PIECE_BYTES_MAX MIB(1)

static enum err
no_backup(struct query *q)
{
    q->text = slice_str("this process has no journal to copy");
    return ERR_UNSUPPORTED;
}

static void
add_part(struct query *q, const struct backup_part *p)
{
    control_add_text(&q->answer, "kind", slice_str("part"));
    control_add_text(&q->answer, "name", slice_str(p->name));
    control_add_number(&q->answer, "bytes", (int64_t)p->bytes);
    control_add_number(&q->answer, "changed-ns", (int64_t)p->changed_ns);
    control_end_record(&q->answer);
}

/* All parts in one answer, so that they are of one moment. */
enum err
query_backup(struct query *q)
{
    struct backup_state state;
    struct backup_part part;
    struct view_node node;
    enum err e;

    if (!q->backup)
        return no_backup(q);
    view_node(q->exchange, &node);
    q->backup->ops->state(q->backup->self, &state);
    control_add_text(&q->answer, "kind", slice_str("state"));
    control_add_text(&q->answer, "team", slice_str(node.team.text));
    control_add_bytes(&q->answer, "journal", SLICE_ARRAY(state.journal));
    control_add_number(&q->answer, "turn", (int64_t)state.turn);
    control_add_number(&q->answer, "time-ms", (int64_t)q->now.wall.ms);
    control_end_record(&q->answer);
    for (size_t i = 0;; i++) {
        e = q->backup->ops->part(q->backup->self, i, &part);
        if (e)
            break;
        add_part(q, &part);
    }
    return e == ERR_NOT_FOUND ? OK : e;
}

enum err
query_backup_read(struct query *q)
{
    struct slice name = control_text(q->values, "name");
    int64_t offset = control_number(q->values, "offset", 0);
    struct backup_part part = {{0}, 0, 0};
    struct buf bytes = {0};

    if (!q->backup)
        return no_backup(q);
    if (!name.size || name.size >= sizeof part.name || offset < 0)
        return ERR_VALUE;
    memcpy(part.name, name.data, name.size);
    enum err e = q->backup->ops->read(q->backup->self, &part, (uint64_t)offset,
                                      PIECE_BYTES_MAX, &bytes);
    if (e == OK) {
        control_add_bytes(&q->answer, "bytes", buf_slice(&bytes));
        control_end_record(&q->answer);
    }
    buf_clear(&bytes);
    return e;
}
