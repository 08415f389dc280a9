#include "run.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* Most calls of a life before the one that goes wrong. */
#define CALLS_BEFORE 60

void
violated(struct run *r, const char *format, ...)
{
    va_list arguments;

    if (*r->violation)
        return;
    va_start(arguments, format);
    vsnprintf(r->violation, sizeof r->violation, format, arguments);
    va_end(arguments);
}

void
told(const struct run *r, const char *format, ...)
{
    va_list arguments;

    if (!r->trace)
        return;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

struct calls_plan
plan_draw(struct run *r)
{
    static const enum strike strikes[] = {
        STRIKE_NONE,       STRIKE_FAIL,      STRIKE_FAIL, STRIKE_CUT_BEFORE,
        STRIKE_CUT_WITHIN, STRIKE_CUT_AFTER, STRIKE_PART, STRIKE_INTERRUPT};
    struct calls_plan p = {.which = CALLS_ALL, .disk = r->disk};

    p.what = strikes[dice_below(&r->dice, ARRAY_SIZE(strikes))];
    p.left = 1 + dice_below(&r->dice, CALLS_BEFORE);
    p.for_ever = (p.what == STRIKE_FAIL && dice_chance(&r->dice, 30)) ||
                 p.what == STRIKE_PART;
    if (p.what == STRIKE_FAIL && dice_chance(&r->dice, 50))
        p.which = CALLS_SYNCS;
    if (p.what == STRIKE_CUT_AFTER && dice_chance(&r->dice, 50))
        p.which = CALLS_SYNCS | 1u << CALL_RENAME | 1u << CALL_CUT;
    if (dice_chance(&r->dice, 40)) {
        p.which = 1u << dice_below(&r->dice, CALL_COUNT);
        p.left = 1 + dice_below(&r->dice, 3);
    }
    told(r, "  plan: %s at call %" PRIu64 "%s", strike_name(p.what), p.left,
         p.for_ever ? " and from then on" : "");
    return p;
}

bool
plan_struck(void)
{
    return calls_made().struck > 0;
}

void
life_end(struct run *r)
{
    static const char *const names[SURVIVAL_COUNT] = {"nothing", "all", "some"};

    process_bury(&r->process);
    disk_set_room(r->disk, UINT64_MAX);
    if (dice_chance(&r->dice, 40)) {
        enum survival what =
            (enum survival)dice_below(&r->dice, SURVIVAL_COUNT);
        told(r, "  power lost: %s of what was not synced survives",
             names[what]);
        r->tally->power[what]++;
        disk_power_loss(r->disk, what);
    } else if (dice_chance(&r->dice, 30)) {
        told(r, "  pages dropped");
        disk_forget(r->disk);
    }
}
