#include "calls.h"

#include "made.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

uint64_t calls_seen[CALL_COUNT][STRIKE_COUNT];

static struct {
    struct calls_plan plan;
    struct calls_made made;
    calls_watch_fn watch;
    void *context;
    bool trace;
} state;

static const char *const call_names[CALL_COUNT] = {
    [CALL_OPEN] = "open",
    [CALL_CLOSE] = "close",
    [CALL_READ] = "read",
    [CALL_WRITE] = "write",
    [CALL_SYNC] = "sync",
    [CALL_SYNC_FOLDER] = "sync of a folder",
    [CALL_RESERVE] = "reserve",
    [CALL_CUT] = "cut",
    [CALL_RENAME] = "rename",
    [CALL_REMOVE] = "remove",
    [CALL_MAKE_FOLDER] = "make a folder",
    [CALL_LOCK] = "lock",
    [CALL_LOOK] = "look",
    [CALL_LIST] = "list",
    [CALL_RANDOM] = "random",
};

static const char *const strike_names[STRIKE_COUNT] = {
    [STRIKE_NONE] = "good",
    [STRIKE_FAIL] = "fails",
    [STRIKE_FULL] = "full",
    [STRIKE_PART] = "in part",
    [STRIKE_INTERRUPT] = "interrupted",
    [STRIKE_CUT_BEFORE] = "cut before",
    [STRIKE_CUT_WITHIN] = "cut within",
    [STRIKE_CUT_AFTER] = "cut after",
};

void
calls_set(const struct calls_plan *plan)
{
    state.plan = plan ? *plan : (struct calls_plan){0};
    state.made = (struct calls_made){0};
}

struct calls_made
calls_made(void)
{
    return state.made;
}

void
calls_watch(calls_watch_fn fn, void *context)
{
    state.watch = fn;
    state.context = context;
}

void
calls_trace(bool on)
{
    state.trace = on;
}

const char *
call_name(enum call c)
{
    return call_names[c];
}

const char *
strike_name(enum strike s)
{
    return strike_names[s];
}

bool
strike_fits(enum call c, enum strike s)
{
    switch (s) {
    case STRIKE_NONE:
    case STRIKE_CUT_BEFORE:
    case STRIKE_CUT_AFTER:
        return true;
    case STRIKE_FAIL:
        return c != CALL_CLOSE;
    case STRIKE_FULL:
        return c == CALL_WRITE || c == CALL_RESERVE;
    case STRIKE_PART:
    case STRIKE_INTERRUPT:
        return c == CALL_READ || c == CALL_WRITE;
    case STRIKE_CUT_WITHIN:
        return c == CALL_WRITE;
    case STRIKE_COUNT:
        break;
    }
    return false;
}

/* ---- one call ---- */

static void
trace(const struct made *m, enum strike s)
{
    if (state.trace)
        printf("    %s file %" PRIu64 ": %s\n", call_names[m->call],
               m->file ? file_number(m->file) : 0, strike_names[s]);
}

struct made
call_begin(enum call call, const struct file *file)
{
    struct made m = {process_pause(), call, STRIKE_NONE, file};
    struct calls_plan *p = &state.plan;

    if ((p->disk && p->disk != m.process->disk) || !(p->which & 1u << call) ||
        !strike_fits(call, p->what))
        return m;
    state.made.all++;
    if (p->left == 0)
        return m;
    if (p->left > 1) {
        p->left--;
        return m;
    }
    if (!p->for_ever)
        p->left = 0;
    state.made.struck++;
    m.strike = p->what;
    if (m.strike == STRIKE_CUT_BEFORE) {
        calls_seen[call][m.strike]++;
        trace(&m, m.strike);
        process_resume(m.process);
        process_end(ENDED_CUT, 0);
    }
    return m;
}

long
call_end(const struct made *m, long result, int why)
{
    bool cut = m->strike == STRIKE_CUT_AFTER || m->strike == STRIKE_CUT_WITHIN;
    enum strike s = result < 0 && why == ENOSPC ? STRIKE_FULL : m->strike;

    calls_seen[m->call][s]++;
    trace(m, s);
    if (result >= 0 && !cut && state.watch)
        cut = state.watch(state.context, m->call, m->file);
    process_resume(m->process);
    if (cut)
        process_end(ENDED_CUT, 0);
    if (result < 0) {
        state.made.struck += why == ENOSPC || why == EIO;
        errno = why;
    }
    return result;
}

bool
call_fails(const struct made *m)
{
    return m->strike == STRIKE_FAIL;
}
