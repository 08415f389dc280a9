#include "core/model/message.h"

const char *
message_kind_name(unsigned kind)
{
    static const char *const names[MESSAGE_KIND_COUNT] = {
        [MESSAGE_NONE] = "none",
        [MESSAGE_INDICATOR] = "indicator",
        [MESSAGE_OBJECT] = "object",
        [MESSAGE_PACKAGE] = "package",
        [MESSAGE_WITHDRAWAL] = "withdrawal",
        [MESSAGE_EXPUNGE_NOTE] = "expunge-note",
        [MESSAGE_SIGHTING] = "sighting",
        [MESSAGE_FEEDBACK] = "feedback",
        [MESSAGE_REQUEST] = "request",
        [MESSAGE_ANSWER] = "answer",
        [MESSAGE_REPORT] = "report",
        [MESSAGE_DECLINE] = "decline",
        [MESSAGE_NOTE] = "note",
    };

    return kind < MESSAGE_KIND_COUNT ? names[kind] : "unknown";
}

const char *
use_name(unsigned use)
{
    static const char *const names[] = {
        [USE_UNSTATED] = "",     [USE_NONE] = "none",   [USE_NOTIFY] = "notify",
        [USE_DETECT] = "detect", [USE_BLOCK] = "block",
    };

    return use < ARRAY_SIZE(names) ? names[use] : names[USE_NONE];
}
