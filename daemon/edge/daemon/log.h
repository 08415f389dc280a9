/*
 * log - one line on standard error, where the service manager reads it.
 *
 * Holds:      a line stays one line, whatever a peer put into it.
 */
#ifndef EDGE_DAEMON_LOG_H
#define EDGE_DAEMON_LOG_H

#include "core/base/slice.h"
#include "core/exchange/event.h"

/* Write "TIME sealaned[PID]: LEVEL TEXT"; control bytes become '?'. */
void log_line(enum notice_level level, struct slice text);

/* The same, in the manner of printf. */
__attribute__((format(printf, 2, 3))) void log_say(enum notice_level level,
                                                   const char *format, ...);

#endif
