#include "pair.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define ROUNDS_MAX 20000
#define TIME_MOST 3600000

/* Time after which what fails for ever without an end is mended, and a lane
 * that stands for want of a body gets a new session. */
#define MERCY_MS 300000

void
pair_wrong(struct pair *p, const char *format, ...)
{
    va_list arguments;

    if (*p->reason)
        return;
    va_start(arguments, format);
    vsnprintf(p->reason, sizeof p->reason, format, arguments);
    va_end(arguments);
}

void
pair_told(const struct pair *p, const struct node *n, const char *what,
          const char *more)
{
    if (p->trace)
        printf("  %7" PRIu64 " ms  %s %s %s\n", p->time, n->team.name.text,
               what, more);
}

void
pair_begin(struct pair *p, const struct pair_options *o)
{
    memset(p, 0, sizeof *p);
    p->segment_bytes = o->segment_bytes;
    p->declines = o->declines;
    p->power = SURVIVAL_COUNT;
    team_make(&p->nodes[0].team, "krcert.or.kr", "krcert", 1);
    team_make(&p->nodes[1].team, "cert.gov.au", "certau", 2);
    for (unsigned i = 0; i < NODES; i++) {
        struct node *n = &p->nodes[i];
        n->pair = p;
        n->index = i;
        n->client.total = o->messages;
        n->disk = disk_new(i + 1);
        keeper_prepare(n->disk);
    }
}

void
pair_clear(struct pair *p)
{
    for (unsigned i = 0; i < NODES; i++) {
        struct node *n = &p->nodes[i];
        process_bury(&n->process);
        inbox_clear(&n->inbox);
        inbox_clear(&n->asks);
        disk_free(n->disk);
        team_clear(&n->team);
    }
}

void
pair_revive(struct pair *p)
{
    for (unsigned i = 0; i < NODES; i++) {
        process_forget(&p->nodes[i].process);
        node_dead(&p->nodes[i]);
    }
    p->link_up = false;
}

/* Everything was receipted and both sides know. */
static bool
at_rest(struct pair *p)
{
    for (unsigned i = 0; i < NODES; i++) {
        struct node *n = &p->nodes[i];
        if (!n->up || n->client.answered != n->client.total || n->inbox.count ||
            n->asks.count)
            return false;
        node_look(n, &n->shown);
        if (n->shown.queued || n->shown.receipted[1] != n->shown.size[1] ||
            n->shown.size[1] < n->client.total)
            return false;
    }
    return p->nodes[0].shown.size[0] == p->nodes[1].shown.size[1] &&
           p->nodes[1].shown.size[0] == p->nodes[0].shown.size[1];
}

void
pair_mend(struct pair *p)
{
    p->mercy = true;
    p->struck = p->struck || calls_made().struck;
    calls_set(NULL);
    memory_fail(0);
    for (unsigned i = 0; i < NODES; i++)
        p->nodes[i].signer_plan.left = 0;
}

static void
time_passes(struct pair *p)
{
    uint64_t due = UINT64_MAX;

    for (unsigned i = 0; i < NODES; i++) {
        uint64_t next = node_due(&p->nodes[i]);
        due = next < due ? next : due;
    }
    if (due == UINT64_MAX)
        pair_wrong(p, "I13: nothing happens any more");
    else if (due > p->time)
        p->time = due;
    if (p->time > MERCY_MS && !p->mercy) {
        p->mended = true;
        pair_mend(p);
        network_cut(p);
    }
}

static bool
watch(void *context, enum call c, const struct file *f)
{
    struct pair *p = context;

    return p->running && point_of_call(p->running, c, f);
}

static void
run_to_rest(struct pair *p)
{
    uint64_t rounds = 0;

    while (!*p->reason && !at_rest(p)) {
        for (unsigned i = 0; i < NODES; i++) {
            p->running = &p->nodes[i];
            node_go(&p->nodes[i]);
            p->running = NULL;
        }
        time_passes(p);
        if (++rounds > ROUNDS_MAX || p->time > TIME_MOST)
            pair_wrong(p, "I13: it does not come to the end");
    }
    p->counts.rounds += rounds;
}

/* I17: what is shown is what the files alone give. */
static void
compare(struct pair *p)
{
    for (unsigned i = 0; i < NODES && !*p->reason; i++) {
        struct node *n = &p->nodes[i];
        const struct shown before = n->shown;
        struct shown after;
        truth_end(n);
        node_close(n);
        disk_power_loss(n->disk, SURVIVES_NOTHING);
        n->restart_at = 0;
        node_go(n);
        if (!n->up) {
            pair_wrong(p, "I17: node %u does not start: %s", i,
                       n->process.said);
            return;
        }
        node_look(n, &after);
        uint64_t declined = 0;
        for (uint64_t k = 0; k < n->client.total; k++)
            declined += client_is_declined(n, k);
        if (n->declined != declined)
            pair_wrong(p, "I4: node %u knows %" PRIu64 " declined", i,
                       n->declined);
        if (memcmp(&before.size, &after.size, sizeof before.size) != 0 ||
            memcmp(&before.receipted, &after.receipted,
                   sizeof before.receipted) != 0 ||
            before.queued != after.queued || after.frozen[0] ||
            after.frozen[1] || (after.node.alarm_count && !p->expects_alarms))
            pair_wrong(p, "I17: node %u shows something else after a start", i);
        truth_end(n);
        node_close(n);
    }
}

bool
pair_run(struct pair *p)
{
    calls_watch(watch, p);
    run_to_rest(p);
    pair_mend(p);
    p->cut.left = 0;
    p->power = SURVIVAL_COUNT;
    if (!*p->reason)
        compare(p);
    calls_watch(NULL, NULL);
    return !*p->reason;
}
