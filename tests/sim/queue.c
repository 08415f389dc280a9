#include "sim/queue.h"

#include "core/base/mem.h"

#define FIRST_CAPACITY 64

static bool
before(const struct queue_place *a, const struct queue_place *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void
grow(struct queue *q)
{
    size_t old = q->capacity;

    q->capacity = old ? 2 * old : FIRST_CAPACITY;
    q->heap = mem_resize(q->heap, q->capacity, sizeof *q->heap);
    q->slots = mem_resize(q->slots, q->capacity, sizeof *q->slots);
    q->free = mem_resize(q->free, q->capacity, sizeof *q->free);
    for (size_t i = q->capacity; i > old; i--)
        q->free[q->free_count++] = (uint32_t)(i - 1);
}

/* Both byte strings of an event share one piece of memory. */
static void
keep_bytes(struct event *e)
{
    size_t size = e->data.size, more = e->more.size;

    if (!(size + more)) {
        e->data.data = e->more.data = NULL;
        return;
    }
    uint8_t *at = mem_resize(NULL, 1, size + more);
    if (size)
        memcpy(at, e->data.data, size);
    if (more)
        memcpy(at + size, e->more.data, more);
    e->data.data = at;
    e->more.data = at + size;
}

void
scheduled_clear(struct scheduled *s)
{
    mem_free((void *)(uintptr_t)s->event.data.data);
    s->event = (struct event){0};
}

void
queue_add(struct queue *q, const struct scheduled *s)
{
    if (q->count == q->capacity)
        grow(q);
    uint32_t slot = q->free[--q->free_count];
    struct queue_place place = {s->at, q->order++, slot};
    q->slots[slot] = *s;
    keep_bytes(&q->slots[slot].event);
    size_t i = q->count++;
    for (; i && before(&place, &q->heap[(i - 1) / 2]); i = (i - 1) / 2)
        q->heap[i] = q->heap[(i - 1) / 2];
    q->heap[i] = place;
}

bool
queue_take(struct queue *q, struct scheduled *out)
{
    if (!q->count)
        return false;
    uint32_t slot = q->heap[0].slot;
    struct queue_place last = q->heap[--q->count];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= q->count)
            break;
        if (child + 1 < q->count &&
            before(&q->heap[child + 1], &q->heap[child]))
            child++;
        if (!before(&q->heap[child], &last))
            break;
        q->heap[i] = q->heap[child];
        i = child;
    }
    q->heap[i] = last;
    *out = q->slots[slot];
    q->free[q->free_count++] = slot;
    return true;
}

void
queue_clear(struct queue *q)
{
    for (size_t i = 0; i < q->count; i++)
        scheduled_clear(&q->slots[q->heap[i].slot]);
    mem_free(q->heap);
    mem_free(q->slots);
    mem_free(q->free);
    *q = (struct queue){0};
}
