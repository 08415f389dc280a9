/*
 * jobs - a campaign in several processes, with a word of it every minute.
 */
#include "sim/campaign.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOBS_MAX 64
#define MINUTE_S 60
#define SECOND_MS 1000

static time_t told;
static int to_parent = -1;

static void
tell_progress(const struct result *sum)
{
    time_t now = time(NULL);

    if (now - told < MINUTE_S)
        return;
    told = now;
    printf("... %" PRIu64 " seeds, %" PRIu64 " events, %.0f events a second "
           "of processor time\n",
           sum->counts.seeds, sum->counts.events,
           (double)sum->counts.events / (sum->seconds + 1e-9));
    fflush(stdout);
}

static void
write_all(int fd, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;

    while (size) {
        ssize_t n = write(fd, at, size);
        if (n <= 0)
            _exit(3);
        at += n;
        size -= (size_t)n;
    }
}

static bool
read_all(int fd, void *bytes, size_t size)
{
    uint8_t *at = bytes;

    while (size) {
        ssize_t n = read(fd, at, size);
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

/* A share says every second how far it is. */
static void
send_progress(const struct result *so_far)
{
    time_t now = time(NULL);

    if (now == told)
        return;
    told = now;
    write_all(to_parent, so_far, sizeof *so_far);
}

struct job {
    int fd;
    struct result last;
    bool done;
};

static void
job_start(const struct options *o, unsigned share, struct job *j)
{
    int ends[2];

    if (pipe(ends) != 0)
        abort();
    fflush(stdout);
    pid_t child = fork();
    if (child < 0)
        abort();
    if (child == 0) {
        struct result r = {0};
        close(ends[0]);
        to_parent = ends[1];
        campaign_share(o, share, send_progress, &r);
        fflush(stdout);
        write_all(to_parent, &r, sizeof r);
        _exit(r.failed ? 1 : 0);
    }
    close(ends[1]);
    j->fd = ends[0];
}

static void
sum_up(const struct job *jobs, unsigned count, struct result *out)
{
    *out = (struct result){0};
    for (unsigned i = 0; i < count; i++)
        result_add(out, &jobs[i].last);
}

static void
jobs_wait(struct job *jobs, unsigned count, struct result *out)
{
    unsigned left = count;

    while (left) {
        struct pollfd fds[JOBS_MAX];
        for (unsigned i = 0; i < count; i++)
            fds[i] = (struct pollfd){jobs[i].done ? -1 : jobs[i].fd, POLLIN, 0};
        if (poll(fds, count, SECOND_MS) < 0)
            abort();
        for (unsigned i = 0; i < count; i++) {
            if (!fds[i].revents)
                continue;
            if (read_all(jobs[i].fd, &jobs[i].last, sizeof jobs[i].last))
                continue;
            jobs[i].done = true;
            left--;
        }
        sum_up(jobs, count, out);
        tell_progress(out);
    }
}

void
campaign_run(const struct options *o, struct result *out)
{
    static struct job jobs[JOBS_MAX];
    int status;

    told = time(NULL);
    *out = (struct result){0};
    if (o->jobs == 1) {
        campaign_share(o, 0, tell_progress, out);
        return;
    }
    for (unsigned i = 0; i < o->jobs; i++)
        job_start(o, i, &jobs[i]);
    jobs_wait(jobs, o->jobs, out);
    for (unsigned i = 0; i < o->jobs; i++) {
        if (wait(&status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) > 1)
            out->failed++;
        close(jobs[i].fd);
    }
}
