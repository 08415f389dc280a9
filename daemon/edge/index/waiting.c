#include "edge/index/waiting.h"

static uint64_t
key_of_head(const struct rows *rows, struct slice head)
{
    return key_of(&rows->secret, KEY_OBJECT, head);
}

static bool
is_queued(const struct row *row)
{
    return (row->flags & ROW_OURS) && row->lane == ROWS_LANE_NONE &&
           row->head.size > 0;
}

/* Messages that are equal stand under numbers behind one another. */
static void
all_read(struct waiting *w, struct rows *rows)
{
    struct row row;

    table_init(&w->rows, sizeof(uint64_t));
    for (uint32_t at = UINT32_MAX; rows_before(rows, at, &row);
         at = row.message) {
        if (!is_queued(&row))
            continue;
        uint64_t key = key_of_head(rows, row.head);
        while (table_find(&w->rows, &key))
            key++;
        table_put(&w->rows, &key, row.message);
    }
    w->is_read = true;
}

uint32_t
waiting_take(struct waiting *w, struct rows *rows, uint32_t peer,
             struct slice head)
{
    uint64_t key = key_of_head(rows, head), *found;

    if (!w->is_read)
        all_read(w, rows);
    for (; (found = table_find(&w->rows, &key)); key++) {
        uint32_t message = (uint32_t)*found;
        struct row row;
        if (!message || !rows_get(rows, message, &row) || !is_queued(&row) ||
            row.peer != peer || !slice_equal(row.head, head))
            continue;
        *found = 0;
        return message;
    }
    return 0;
}

void
waiting_forget(struct waiting *w)
{
    if (w->is_read)
        table_clear(&w->rows);
    w->is_read = false;
}
