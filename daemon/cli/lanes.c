#include "cli/lanes.h"

/* ---- the lane to a team ------------------------------------------------- */

static bool
take(const struct control_record *r, const char *key, void *out, size_t size)
{
    struct slice bytes = control_bytes(r, key);

    if (bytes.size != size)
        return false;
    memcpy(out, bytes.data, size);
    return true;
}

static bool
read_lane(const struct control_record *r, struct wanted_lane *out)
{
    if (!take(r, "lane-id", out->id.b, sizeof out->id.b))
        return false;
    buf_put(&out->team, control_text(r, "holder"));
    buf_put_u8(&out->team, 0);
    out->number = record_u64(r, "lane");
    out->epoch = record_u64(r, "epoch");
    out->size = record_u64(r, "size");
    out->frozen = control_find(r, "frozen") != NULL;
    out->row = record_u64(r, "row");
    buf_put(&out->why, control_text(r, "frozen"));
    buf_put_u8(&out->why, 0);
    out->claimed =
        take(r, "claim-root", out->claim_root.b, sizeof out->claim_root.b);
    out->claim_size = record_u64(r, "claim-size");
    return true;
}

bool
lane_wanted(struct daemon *d, const char *team, struct wanted_lane *out)
{
    struct control_answer a;
    struct ask ask;
    bool found = false;

    *out = (struct wanted_lane){0};
    ask_begin(&ask, "lanes");
    ask_text(&ask, "team", team);
    bool asked = link_call(d, &ask, &a);
    ask_clear(&ask);
    if (!asked)
        return false;
    for (size_t i = 0; i < a.record_count && !found; i++) {
        const struct control_record *r = &a.records[i];
        found = slice_is(control_text(r, "direction"), "to") &&
                !control_truth(r, "left") && read_lane(r, out);
    }
    if (!found)
        (void)complain("there is no lane to %s yet: the peer is not confirmed",
                       team);
    return found;
}

void
lane_wanted_clear(struct wanted_lane *w)
{
    buf_clear(&w->team);
    buf_clear(&w->why);
}

/* ---- evidence ----------------------------------------------------------- */

struct side_keys {
    const char *genesis, *size, *root, *time, *key, *signature;
};

static const struct side_keys keys_of_side[CONFLICT_SIDES] = {
    {"their-genesis", "their-size", "their-root", "their-time-s", "their-key",
     "their-signature"},
    {"our-genesis", "our-size", "our-root", "our-time-s", "our-key",
     "our-signature"},
};

static bool
read_side(const struct control_record *r, const struct side_keys *k,
          struct conflict_side *out)
{
    struct checkpoint *c = &out->checkpoint;

    if (!take(r, k->genesis, out->genesis, sizeof out->genesis))
        return false;
    out->is_signed = control_find(r, k->size) != NULL;
    if (!out->is_signed)
        return true;
    c->size = record_u64(r, k->size);
    c->time_s = record_u64(r, k->time);
    lane_id_of(out->genesis, &out->lane);
    return take(r, k->root, c->root.b, sizeof c->root.b) &&
           take(r, k->key, c->key.b, sizeof c->key.b) &&
           take(r, k->signature, c->signature.b, sizeof c->signature.b) &&
           team_name_parse(control_text(r, "origin"), &out->origin);
}

bool
lane_conflict(const struct control_record *r, struct conflict *out)
{
    *out = (struct conflict){.row = record_u64(r, "row")};
    for (size_t i = 0; i < CONFLICT_SIDES; i++)
        if (!read_side(r, &keys_of_side[i], &out->sides[i]))
            return false;
    return true;
}

const char *
conflict_words(const struct conflict *c)
{
    switch (conflict_proves(c)) {
    case CONFLICT_FORK:
        return "a FORK: one size of one lane, two roots";
    case CONFLICT_EPOCHS:
        return "a FORK: one epoch began twice";
    case CONFLICT_NOTHING:
        break;
    }
    return "no fork by itself: both statements can be true";
}
