#include "core/exchange/capture.h"
#include "core/wire/frames.h"
#include "core/wire/message.h"
#include "make_corpus.h"
#include "nodes.h"
#include "script.h"
#include "sessions.h"
#include "teams.h"

#include "edge/journal/index.h"

#include <assert.h>
#include <stdio.h>

static struct slice
payload_of(struct slice frame)
{
    return slice_of(frame.data + FRAME_HEADER_BYTES,
                    frame.size - FRAME_HEADER_BYTES);
}

/* ---- two sessions
 * ------------------------------------------------------------
 */

/* What one end says: as frames, and behind the bytes of other targets. */
static void
said(unsigned from, struct slice frame)
{
    const uint8_t to[] = {(uint8_t)(2 | (from == KRCERT))};
    const uint8_t scan[] = {(uint8_t)(frame.data[4] + 4)};
    const char *side = from == KRCERT ? "client" : "server";

    if (frame.data[4] == FRAME_HELLO)
        seed_behind("hello", side, SLICE_ARRAY(to), payload_of(frame));
    if (frame.data[4] == FRAME_AUTH)
        seed_behind("auth", side, SLICE_ARRAY(to), payload_of(frame));
    seed("frame", frame_name(frame.data[4]), frame);
    seed_behind("prescan", frame_name(frame.data[4]), SLICE_ARRAY(scan),
                payload_of(frame));
}

void
make_sessions(void)
{
    struct end ends[TEAMS];
    struct buf script = {0};
    struct slice frame;

    for (unsigned i = 0; i < TEAMS; i++)
        end_start(&ends[i], i, 0);
    for (bool any = true; any;) {
        any = false;
        for (unsigned i = 0; i < TEAMS; i++)
            while (end_next(&ends[i], &frame)) {
                any = true;
                said(i, frame);
                script_put(&script, 3, (uint8_t)i, payload_of(frame));
                enum err e = end_take(&ends[!i], frame);
                assert(e == OK);
            }
    }
    for (unsigned i = 0; i < TEAMS; i++) {
        assert(session_state(ends[i].session) == SESSION_OPEN);
        end_clear(&ends[i]);
    }
    seed("session", "with-cards", buf_slice(&script));
    buf_reset(&script);
    script_put(&script, 7, 0xc0, (struct slice){0});
    script_put(&script, 4, FRAME_PING << 1, slice_of("\x08\x01\x10", 4));
    script_put(&script, 4, FRAME_CLOSE << 1, slice_of("\x08\x11", 2));
    seed("session", "without-cards", buf_slice(&script));
    buf_clear(&script);
}

/* ---- two nodes
 * ---------------------------------------------------------------
 */

/* Let both talk until they are quiet; what the hostile one says becomes
 * steps. */
static void
talk(struct node nodes[TEAMS], struct buf *script)
{
    struct slice frame;

    for (bool any = true; any;) {
        any = false;
        for (unsigned i = 0; i < TEAMS; i++)
            while (nodes_next(&nodes[i], &frame)) {
                any = true;
                said(i, frame);
                if (i == AUSCERT)
                    script_put(script, 4, frame.data[4], payload_of(frame));
                nodes_frame(&nodes[!i], frame);
            }
    }
}

struct counted {
    struct index index;
    uint64_t at;
};

static enum err
place_add(void *context, const struct fact *f)
{
    struct counted *p = context;
    struct buf bytes = {0};

    fact_put(&bytes, f);
    uint64_t at = p->at;
    p->at += bytes.size;
    buf_clear(&bytes);
    return index_add(&p->index, f, at);
}

/* What stands in a snapshot of a node, behind the number of the version. */
static void
snapshot_of(const struct node *n, const char *name)
{
    struct buf state = {0}, bytes = {0};
    struct counted places = {.at = 0};
    char second[32];

    exchange_save(n->exchange, &state);
    buf_put_u8(&bytes, 0);
    buf_put(&bytes, slice_of(state.data + sizeof(uint32_t),
                             state.size - sizeof(uint32_t)));
    seed("snapshot", name, buf_slice(&bytes));
    index_init(&places.index);
    enum err e = memory_store_facts(n->memory, place_add, &places);
    assert(e == OK);
    buf_reset(&bytes);
    buf_put_u8(&bytes, 1);
    index_put(&places.index, &bytes);
    (void)snprintf(second, sizeof second, "%s-places", name);
    seed("snapshot", second, buf_slice(&bytes));
    index_clear(&places.index);
    buf_clear(&state);
    buf_clear(&bytes);
}

/* Facts of a node's journal as steps; the journal's target begins a frame
 * with each. */
static enum err
fact_step(void *script, const struct fact *f)
{
    struct buf bytes = {0};

    fact_put(&bytes, f);
    script_put(script, 0, 0, buf_slice(&bytes));
    buf_clear(&bytes);
    return OK;
}

static void
facts_of(const struct node *n, const char *name)
{
    struct buf script = {0};
    enum err e = memory_store_facts(n->memory, fact_step, &script);

    assert(e == OK);
    seed("fact", name, buf_slice(&script));
    script_put(&script, 2, 1, (struct slice){0});
    script_put(&script, 5, 0, (struct slice){0});
    script_put(&script, 6, 9, (struct slice){0});
    seed("journal", name, buf_slice(&script));
    buf_clear(&script);
}

static enum err
fact_add(void *facts, const struct fact *f)
{
    fact_put(facts, f);
    return OK;
}

/* Begin a capture with the facts of before and a fresh start. */
static void
capture_begin(struct node *n)
{
    struct buf facts = {0};
    enum err e = memory_store_facts(n->memory, fact_add, &facts);

    assert(e == OK);
    capture_header_put(&n->capture, &team_of(n->team)->name);
    capture_facts_put(&n->capture, buf_slice(&facts));
    buf_clear(&facts);
    n->captures = true;
    nodes_restart(n);
}

/* Two messages, of which the second never comes, and their expunges. */
static void
hostile_expunge(struct buf *entry, struct buf *script)
{
    static const uint8_t expunges[] = {LEAF_EXPUNGE, 0, 0, 0, 0,
                                       LEAF_EXPUNGE, 0, 1, 0, 0};
    uint8_t unused[GENESIS_BYTES];
    struct frame_mark gone = {.number = 1};
    struct buf frame = {0};

    team_genesis(AUSCERT, unused, &gone.lane);
    frame_mark_put(&frame, FRAME_GONE, &gone);
    script_put(script, 5, 0, buf_slice(entry));
    script_put(script, 4, FRAME_GONE, payload_of(buf_slice(&frame)));
    script_put(script, 5, 0, SLICE_ARRAY(expunges));
    script_put(script, 12, 0, (struct slice){0});
    seed("exchange", "hostile-expunge", buf_slice(script));
    buf_clear(&frame);
}

static void
scripts(struct slice inserted, struct slice message)
{
    struct buf script = {0};
    struct buf entry = {0};

    script_put(&script, 11, 0, (struct slice){0});
    script_put(&script, 8, AUSCERT, (struct slice){0});
    script_put(&script, 8, KRCERT, (struct slice){0});
    script_put(&script, 11, 0, (struct slice){0});
    script_put(&script, 10, 1, (struct slice){0});
    script_put(&script, 11, 0, (struct slice){0});
    script_put(&script, 13, AUSCERT, (struct slice){0});
    script_put(&script, 11, 0, (struct slice){0});
    script_put(&script, 13, KRCERT, (struct slice){0});
    script_put(&script, 11, 0, (struct slice){0});
    seed("exchange", "honest", buf_slice(&script));
    buf_put_u8(&entry, 0);
    buf_put_u8(&entry, TLP_GREEN);
    buf_put_u8(&entry, 0);
    buf_put_u16(&entry, (uint16_t)message.size);
    buf_put(&entry, message);
    script_put(&script, 5, 0, buf_slice(&entry));
    script_put(&script, 8, KRCERT, (struct slice){0});
    script_put(&script, 6, 0, (struct slice){0});
    script_put(&script, 12, 0, (struct slice){0});
    script_put(&script, 9, 60, (struct slice){0});
    seed("exchange", "hostile-batch", buf_slice(&script));
    hostile_expunge(&entry, &script);
    seed("exchange", "inserted", inserted);
    buf_clear(&script);
    buf_clear(&entry);
}

void
make_nodes(void)
{
    static const struct submission_id id = {{7}, 1};
    struct node nodes[TEAMS];
    struct buf inserted = {0}, body = {0};
    struct message indicator, decline;

    for (unsigned i = 0; i < TEAMS; i++)
        nodes_start(&nodes[i], i);
    capture_begin(&nodes[KRCERT]);
    for (unsigned i = 0; i < TEAMS; i++)
        nodes_link_up(&nodes[i], 1, i == KRCERT);
    talk(nodes, &inserted);
    for (unsigned i = 0; i < TEAMS; i++)
        nodes_submit(&nodes[i], (struct slice){0});
    talk(nodes, &inserted);
    for (unsigned i = 0; i < TEAMS; i++)
        nodes_expunge(&nodes[i], 0);
    talk(nodes, &inserted);
    seed("capture", "krcert", buf_slice(&nodes[KRCERT].capture));
    facts_of(&nodes[KRCERT], "krcert");
    facts_of(&nodes[AUSCERT], "auscert");
    snapshot_of(&nodes[KRCERT], "krcert");
    snapshot_of(&nodes[AUSCERT], "auscert");
    message_samples(&indicator, &decline);
    submission_id_put(&body, &id);
    message_put(&body, &decline);
    scripts(buf_slice(&inserted), buf_slice(&body));
    for (unsigned i = 0; i < TEAMS; i++)
        nodes_clear(&nodes[i]);
    buf_clear(&inserted);
    buf_clear(&body);
}
