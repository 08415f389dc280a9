#include "core/model/role.h"

#include "core/model/word.h"

/* A compromised site has honest visitors, a proxy honest users, and the
 * sources of a flood are forged: they are looked for, not blocked. Victims are
 * told, and so is who talks to a sinkhole. */
static const struct {
    const char *name;
    enum use most;
} roles[] = {
    {"c2", USE_BLOCK},           {"distribution", USE_BLOCK},
    {"phishing", USE_BLOCK},     {"exploit", USE_BLOCK},
    {"exfiltration", USE_BLOCK}, {"malware", USE_BLOCK},
    {"attacker", USE_BLOCK},     {"scanner", USE_BLOCK},
    {"spam", USE_BLOCK},         {"fraud", USE_BLOCK},
    {"ddos", USE_DETECT},        {"proxy", USE_DETECT},
    {"compromised", USE_DETECT}, {"victim", USE_NOTIFY},
    {"infected", USE_NOTIFY},    {"vulnerable", USE_NOTIFY},
    {"sinkhole", USE_NOTIFY},    {"benign", USE_NONE},
};

bool
role_parse(struct slice name, struct slice *out)
{
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
        if (word_is(name, roles[i].name)) {
            *out = slice_str(roles[i].name);
            return true;
        }
    return false;
}

enum use
role_most(struct slice role)
{
    if (role.size == 0)
        return USE_BLOCK;
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
        if (word_is(role, roles[i].name))
            return roles[i].most;
    /* PROTOCOL roles: "A use or role that is not known MUST count as none." */
    return USE_NONE;
}

static unsigned
known(unsigned use)
{
    return use > USE_BLOCK ? USE_NONE : use;
}

unsigned
use_strictest(unsigned a, unsigned b)
{
    a = known(a);
    b = known(b);
    if (a == USE_UNSTATED || b == USE_UNSTATED)
        return a == USE_UNSTATED ? b : a;
    return a < b ? a : b;
}

unsigned
role_use(struct slice role, unsigned use)
{
    enum use most = role_most(role);

    /* PROTOCOL roles: "A value MUST NOT be acted on beyond what its role
     * allows, whatever else is said of it." */
    return most == USE_BLOCK ? known(use) : use_strictest(most, use);
}

bool
use_parse(struct slice name, enum use *out)
{
    for (unsigned i = USE_NONE; i <= USE_BLOCK; i++)
        if (slice_is(name, use_name(i))) {
            *out = (enum use)i;
            return true;
        }
    return false;
}

const char *
role_name(size_t i)
{
    return i < ARRAY_SIZE(roles) ? roles[i].name : NULL;
}
