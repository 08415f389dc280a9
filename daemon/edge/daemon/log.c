#include "edge/daemon/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define TEXT_MAX 1024
#define HEAD_MAX 96

static const char *
level_name(enum notice_level level)
{
    switch (level) {
    case NOTICE_INFO:
        return "INFO";
    case NOTICE_WARNING:
        return "WARNING";
    case NOTICE_ALARM:
        return "ALARM";
    }
    return "ALARM";
}

void
log_line(enum notice_level level, struct slice text)
{
    char line[HEAD_MAX + TEXT_MAX + 1], stamp[32];
    struct timespec now;
    struct tm tm;
    size_t size = text.size < TEXT_MAX ? text.size : TEXT_MAX;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    (void)strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &tm);
    int n = snprintf(line, HEAD_MAX, "%s.%03ldZ sealaned[%d]: %s ", stamp,
                     now.tv_nsec / 1000000, (int)getpid(), level_name(level));
    size_t used = n > 0 ? (size_t)n : 0;
    for (size_t i = 0; i < size; i++)
        line[used++] =
            (char)(text.data[i] < ' ' || text.data[i] == 0x7f ? '?'
                                                              : text.data[i]);
    line[used++] = '\n';
    /* A log that nobody takes must not stop the exchange: a pipe that polls
     * as writable has room for a whole line. */
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) &&
        write(STDERR_FILENO, line, used) < 0)
        return;
}

void
log_say(enum notice_level level, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    log_line(level, slice_str(text));
}
