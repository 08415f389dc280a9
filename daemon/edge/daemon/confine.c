#include "edge/daemon/confine.h"

#include "edge/daemon/log.h"
#include "edge/net/address.h"

bool
confine_prepare(const struct settings *s, struct sandbox *out)
{
    char host[ADDRESS_HOST_MAX], text[SANDBOX_TEXT_MAX];
    bool required = !s->sandbox_best_effort;

    *out = (struct sandbox){
        .state = s->state, .socket = s->socket, .lists = s->warninglists};
    /* An address that cannot be read is said where it is listened at. */
    if (!address_split(slice_str(s->listen), host, &out->port))
        out->port = 0;
    sandbox_probe(out, required);
    if (sandbox_missing(out, text)) {
        log_say(required ? NOTICE_ALARM : NOTICE_WARNING,
                required ? "the sandbox is required, but %s; "
                           "`sandbox: best-effort` would do without"
                         : "the sandbox is not whole: %s",
                text);
        if (required)
            return false;
    }
    sandbox_summary(out, text);
    log_say(NOTICE_INFO, "%s", text);
    return true;
}

bool
confine_enter(const struct sandbox *box, enum sandbox_role role)
{
    static const char *const names[SANDBOX_ROLE_COUNT] = {
        "supervisor", "daemon", "signer", "resolver", "index"};
    char text[SANDBOX_TEXT_MAX];

    if (sandbox_enter(box, role, text) == OK)
        return true;
    log_say(NOTICE_ALARM, "the %s cannot be confined: %s", names[role], text);
    return false;
}
