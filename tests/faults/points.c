#include "points.h"

#include "core/wire/frames.h"
#include "pair.h"

static const char *const names[POINT_COUNT] = {
    [POINT_SUBMISSION_APPENDED] = "submission: appended",
    [POINT_SUBMISSION_SYNCED] = "submission: synced",
    [POINT_SUBMISSION_ANSWERED] = "submission: answered",
    [POINT_ENTRIES_APPENDED] = "origin: entries appended",
    [POINT_ENTRIES_SYNCED] = "origin: entries synced",
    [POINT_CHECKPOINT_ASKED] = "origin: checkpoint asked for",
    [POINT_CHECKPOINT_WRITTEN] = "origin: checkpoint in the signing journal",
    [POINT_CHECKPOINT_SIGNED] = "origin: signing journal synced",
    [POINT_CHECKPOINT_TAKEN] = "origin: answer received",
    [POINT_CHECKPOINT_APPENDED] = "origin: checkpoint fact appended",
    [POINT_CHECKPOINT_SYNCED] = "origin: checkpoint fact synced",
    [POINT_HEADER_SENT] = "origin: header sent",
    [POINT_BODIES_SENT] = "origin: bodies sent",
    [POINT_SEEN_APPENDED] = "holder: seen appended",
    [POINT_SEEN_SYNCED] = "holder: seen synced",
    [POINT_WANT_SENT] = "holder: want sent",
    [POINT_BATCH_APPENDED] = "holder: bodies and batch appended",
    [POINT_BATCH_SYNCED] = "holder: batch synced",
    [POINT_RECEIPT_ASKED] = "holder: receipt asked for",
    [POINT_RECEIPT_WRITTEN] = "holder: receipt in the signing journal",
    [POINT_RECEIPT_SIGNED] = "holder: signing journal synced",
    [POINT_RECEIPT_TAKEN] = "holder: answer received",
    [POINT_RECEIPT_APPENDED] = "holder: receipt fact appended",
    [POINT_RECEIPT_SYNCED] = "holder: receipt fact synced",
    [POINT_RECEIPT_SENT] = "holder: receipt sent",
    [POINT_RECEIPTED_APPENDED] = "origin: receipt fact appended",
    [POINT_RECEIPTED_SYNCED] = "origin: receipt fact synced",
    [POINT_SEGMENT_CUT] = "journal: full segment cut",
    [POINT_SEGMENT_MADE] = "journal: new segment written",
    [POINT_SEGMENT_SYNCED] = "journal: new segment synced",
    [POINT_SEGMENT_NAMED] = "journal: new segment named",
    [POINT_SEGMENT_LISTED] = "journal: its folder synced",
};

/* What a turn with a fact in it means, once written and once synced. */
static const struct {
    enum fact_type type;
    enum point appended, synced;
} of_facts[] = {
    {FACT_SUBMITTED, POINT_SUBMISSION_APPENDED, POINT_SUBMISSION_SYNCED},
    {FACT_SEQUENCED, POINT_ENTRIES_APPENDED, POINT_ENTRIES_SYNCED},
    {FACT_CHECKPOINT, POINT_CHECKPOINT_APPENDED, POINT_CHECKPOINT_SYNCED},
    {FACT_SEEN, POINT_SEEN_APPENDED, POINT_SEEN_SYNCED},
    {FACT_ENTRY, POINT_BATCH_APPENDED, POINT_BATCH_SYNCED},
    {FACT_RECEIPT_GIVEN, POINT_RECEIPT_APPENDED, POINT_RECEIPT_SYNCED},
    {FACT_RECEIPT_TAKEN, POINT_RECEIPTED_APPENDED, POINT_RECEIPTED_SYNCED},
};

const char *
point_name(enum point p)
{
    return names[p];
}

bool
point_done(struct node *n, enum point p)
{
    struct pair *pair = n->pair;
    struct cut_plan *cut = &pair->cut;

    pair->visited[p]++;
    if (cut->at != p || cut->node != n->index || cut->left == 0)
        return false;
    if (--cut->left)
        return false;
    pair->struck = true;
    pair_told(pair, n, "is cut off", names[p]);
    return true;
}

static bool
of_signer(struct node *n, enum call c)
{
    bool cut = false;

    if (c != CALL_WRITE && c != CALL_SYNC)
        return false;
    if (n->signing & 1u << KEY_ROLE_CHECKPOINT)
        cut |= point_done(n, c == CALL_SYNC ? POINT_CHECKPOINT_SIGNED
                                            : POINT_CHECKPOINT_WRITTEN);
    if (n->signing & 1u << KEY_ROLE_RECEIPT)
        cut |= point_done(n, c == CALL_SYNC ? POINT_RECEIPT_SIGNED
                                            : POINT_RECEIPT_WRITTEN);
    return cut;
}

/* A new segment is written and synced before it has its name. */
static bool
of_segment(struct node *n, enum call c)
{
    switch ((int)c) {
    case CALL_CUT:
        n->rolling = true;
        return point_done(n, POINT_SEGMENT_CUT);
    case CALL_WRITE:
        return point_done(n, POINT_SEGMENT_MADE);
    case CALL_SYNC:
        return point_done(n, POINT_SEGMENT_SYNCED);
    case CALL_RENAME:
        return point_done(n, POINT_SEGMENT_NAMED);
    case CALL_SYNC_FOLDER:
        n->rolling = false;
        return point_done(n, POINT_SEGMENT_LISTED);
    }
    return false;
}

bool
point_of_call(struct node *n, enum call c, const struct file *f)
{
    bool cut = false;

    (void)f;
    if (n->signing)
        return of_signer(n, c);
    if (!n->facts)
        return false;
    if (n->rolling || c == CALL_CUT)
        return of_segment(n, c);
    for (size_t i = 0; i < ARRAY_SIZE(of_facts); i++) {
        if (!(n->facts & UINT64_C(1) << of_facts[i].type))
            continue;
        if (c == CALL_WRITE)
            cut |= point_done(n, of_facts[i].appended);
        if (c == CALL_SYNC)
            cut |= point_done(n, of_facts[i].synced);
    }
    return cut;
}

bool
point_of_frame(struct node *n, unsigned type)
{
    switch (type) {
    case FRAME_HEADER:
        return point_done(n, POINT_HEADER_SENT);
    case FRAME_BODY:
        return point_done(n, POINT_BODIES_SENT);
    case FRAME_WANT:
        return point_done(n, POINT_WANT_SENT);
    case FRAME_RECEIPT:
        return point_done(n, POINT_RECEIPT_SENT);
    }
    return false;
}
