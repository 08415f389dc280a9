#include "edge/turn/settings.h"

#include "core/exchange/event.h"
#include "edge/turn/scalar.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#define FILE_BYTES_MAX MIB(1)

/* A year of running: what a yearly report may ask for. */
#define RETENTION_MS_DEFAULT (UINT64_C(365) * 86400000)
#define ALL_ROLES                                                              \
    (ROLE_READ | ROLE_SUBMIT | ROLE_OPERATE | ROLE_READ_RED | ROLE_RELEASE)

/* In which mapping a setting stands. */
enum place { IN_FILE, IN_USER, IN_PEER, IN_OWNER };

enum kind {
    TEAM,
    PATH,
    ADDRESS,
    TLP,
    TRUTH,
    SANDBOX,
    NUMBER_32,
    NUMBER_64,
    SPAN,
    USER,
    GROUP,
    ROLES,
    ORG,
    LIST,
};

struct setting {
    const char *name;
    enum place place;
    enum kind kind;
    size_t offset;
    uint64_t least, most; /* of numbers */
    const char *help;
};

#define AT(field) offsetof(struct settings, field)
#define USER_AT(field) offsetof(struct settings_user, field)
#define PEER_AT(field) offsetof(struct settings_peer, field)
#define OWNER_AT(field) offsetof(struct settings_owner, field)

static const struct setting settings[] = {
    {"team", IN_FILE, TEAM, AT(team), 0, 0,
     "the team's name, such as krcert.or.kr"},
    {"state", IN_FILE, PATH, AT(state), 0, 0,
     "the state directory, made by `sealane init`"},
    {"socket", IN_FILE, PATH, AT(socket), 0, 0, "path of the control socket"},
    {"listen", IN_FILE, ADDRESS, AT(listen), 0, 0,
     "address and port in numbers, such as 0.0.0.0:4590"},
    {"default-tlp", IN_FILE, TLP, AT(default_tlp), 0, 0,
     "clear, green, amber, amber+strict or red"},
    {"warninglists", IN_FILE, PATH, AT(warninglists), 0, 0,
     "a folder of lists that submit warns by"},
    {"warn-documentation", IN_FILE, TRUTH, AT(warn_documentation), 0, 0,
     "true or false"},
    {"capture", IN_FILE, TRUTH, AT(capture), 0, 0, "true or false"},
    {"sandbox", IN_FILE, SANDBOX, AT(sandbox_best_effort), 0, 0,
     "required or best-effort"},
    {"batches-in-flight", IN_FILE, NUMBER_32, AT(batches_in_flight), 1,
     BATCHES_IN_FLIGHT_MAX, "a number from 1 to 64"},
    {"body-bytes-max", IN_FILE, NUMBER_64, AT(body_bytes_max), KIB(1), BODY_MAX,
     "a number from 1024 to 16777216"},
    {"segment-bytes", IN_FILE, NUMBER_64, AT(segment_bytes), MIB(1), MIB(1024),
     "a number from 1048576 to 1073741824"},
    {"disk-bytes-per-peer", IN_FILE, NUMBER_64, AT(disk_bytes_per_peer),
     DISK_BYTES_MIN, DISK_BYTES_MAX, "a number of bytes from 67108864"},
    {"disk-bytes-per-user", IN_FILE, NUMBER_64, AT(disk_bytes_per_user),
     DISK_BYTES_MIN, DISK_BYTES_MAX, "a number of bytes from 67108864"},
    {"retention", IN_FILE, SPAN, AT(retention_ms), 0, 0,
     "a time such as 365d, or forever"},
    {"users", IN_FILE, LIST, 0, IN_USER, 0,
     "a list, each with `user` or `group`, and `roles`"},
    {"misp-owners", IN_FILE, LIST, 0, IN_OWNER, 0,
     "a list, each with `org` and `team`"},
    {"peers", IN_FILE, LIST, 0, IN_PEER, 0, "a list, each with `team`"},
    {"user", IN_USER, USER, USER_AT(id), 0, 0, "a user of this machine"},
    {"group", IN_USER, GROUP, USER_AT(id), 0, 0, "a group of this machine"},
    {"roles", IN_USER, ROLES, USER_AT(roles), 0, 0,
     "a list of read, submit, operate, read-red, release"},
    {"team", IN_PEER, TEAM, PEER_AT(team), 0, 0,
     "the peer's name, such as cert.gov.au"},
    {"ceiling", IN_PEER, TLP, PEER_AT(ceiling), 0, 0,
     "clear, green, amber, amber+strict or red"},
    {"community", IN_PEER, TRUTH, PEER_AT(community), 0, 0, "true or false"},
    {"dial", IN_PEER, TRUTH, PEER_AT(dial), 0, 0, "true or false"},
    {"disk-bytes", IN_PEER, NUMBER_64, PEER_AT(disk_bytes), DISK_BYTES_MIN,
     DISK_BYTES_MAX, "a number of bytes from 67108864"},
    {"address", IN_PEER, ADDRESS, PEER_AT(address), 0, 0,
     "host and port, such as 192.0.2.10:4590"},
    {"org", IN_OWNER, ORG, OWNER_AT(org), 0, 0,
     "the name or UUID of an organisation in MISP"},
    {"team", IN_OWNER, TEAM, OWNER_AT(team), 0, 0,
     "the team that it is, such as cert.gov.au"},
};

static const struct {
    const char *name;
    unsigned bit;
} roles[] = {
    {"read", ROLE_READ},       {"submit", ROLE_SUBMIT},
    {"operate", ROLE_OPERATE}, {"read-red", ROLE_READ_RED},
    {"release", ROLE_RELEASE},
};

struct reader {
    const char *path;
    struct settings *out;
    char *message;
    size_t message_size;
    yaml_parser_t parser;
    yaml_event_t event;
    uint64_t seen; /* settings of the mapping being read, one bit each */
    bool ceiling_given[PEERS_MAX];
};

/* ---- errors and events ---- */

__attribute__((format(printf, 4, 5))) static enum err
fail(struct reader *r, enum err e, yaml_mark_t at, const char *format, ...)
{
    int n = snprintf(r->message, r->message_size, "%s:%zu:%zu: ", r->path,
                     at.line + 1, at.column + 1);
    va_list list;

    if (n < 0 || (size_t)n >= r->message_size)
        return e;
    va_start(list, format);
    (void)vsnprintf(r->message + n, r->message_size - (size_t)n, format, list);
    va_end(list);
    return e;
}

static enum err
fail_here(struct reader *r, const char *what, const char *right)
{
    return fail(r, ERR_FORMAT, r->event.start_mark, "%s; right would be %s",
                what, right);
}

/* Go to the next event. What YAML has beyond plain data is refused: nobody
 * needs it here, and a reader would have to know it. */
static enum err
step(struct reader *r)
{
    yaml_event_delete(&r->event);
    if (!yaml_parser_parse(&r->parser, &r->event))
        return fail(r, ERR_FORMAT, r->parser.problem_mark,
                    "this is no YAML: "
                    "%s",
                    r->parser.problem ? r->parser.problem : "unreadable");
    switch (r->event.type) {
    case YAML_ALIAS_EVENT:
        return fail_here(r, "an alias", "the value itself");
    case YAML_SCALAR_EVENT:
        if (r->event.data.scalar.anchor || r->event.data.scalar.tag)
            return fail_here(r, "an anchor or tag", "the value alone");
        return OK;
    case YAML_SEQUENCE_START_EVENT:
        if (r->event.data.sequence_start.anchor ||
            r->event.data.sequence_start.tag)
            return fail_here(r, "an anchor or tag", "the list alone");
        return OK;
    case YAML_MAPPING_START_EVENT:
        if (r->event.data.mapping_start.anchor ||
            r->event.data.mapping_start.tag)
            return fail_here(r, "an anchor or tag", "the settings alone");
        return OK;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return OK;
    }
    return OK;
}

static struct slice
scalar(const struct reader *r)
{
    return slice_of(r->event.data.scalar.value, r->event.data.scalar.length);
}

/* ---- single values ---- */

static enum err
wrong(struct reader *r, const struct setting *s)
{
    struct slice text = scalar(r);

    return fail(r, ERR_VALUE, r->event.start_mark,
                "`%s: %.*s` is not good; right would be %s", s->name,
                text.size < 80 ? (int)text.size : 80, (const char *)text.data,
                s->help);
}

static enum err
value_read(struct reader *r, const struct setting *s, void *base)
{
    char *at = (char *)base + s->offset;
    struct slice text = scalar(r);
    uint64_t number = 0;
    bool good = false;

    switch (s->kind) {
    case TEAM:
        good = team_name_parse(text, (struct team_name *)(void *)at);
        break;
    case PATH:
        good = scalar_path(text, r->path, at, SETTINGS_PATH_MAX);
        break;
    case ADDRESS:
        good = scalar_address(text, at, SETTINGS_ADDRESS_MAX);
        break;
    case TLP:
        good = tlp_parse(text, (enum tlp *)(void *)at);
        break;
    case TRUTH:
        good = scalar_truth(text, (bool *)at);
        break;
    case SANDBOX:
        *(bool *)at = slice_is(text, "best-effort");
        good = *(bool *)at || slice_is(text, "required");
        break;
    case NUMBER_32:
    case NUMBER_64:
        good = scalar_number(text, &number) && number >= s->least &&
               number <= s->most;
        if (s->kind == NUMBER_32)
            *(uint32_t *)(void *)at = (uint32_t)number;
        else
            *(uint64_t *)(void *)at = number;
        break;
    case SPAN:
        good = scalar_span(text, (uint64_t *)(void *)at);
        break;
    case USER:
        good = scalar_user(text, (unsigned *)(void *)at);
        break;
    case GROUP:
        good = scalar_group(text, (unsigned *)(void *)at);
        ((struct settings_user *)base)->is_group = true;
        break;
    case ORG:
        good = scalar_text(text, at, SETTINGS_ORG_MAX);
        break;
    case ROLES:
    case LIST:
        break;
    }
    return good ? OK : wrong(r, s);
}

/* ---- mappings and lists ---- */

static const struct setting *
setting_find(struct slice name, enum place place, size_t *number)
{
    for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
        if (settings[i].place == place && slice_is(name, settings[i].name)) {
            *number = i;
            return &settings[i];
        }
    return NULL;
}

static enum err
unknown(struct reader *r, enum place place)
{
    struct slice name = scalar(r);
    char known[256];
    size_t used = 0;

    for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
        if (settings[i].place == place && used < sizeof known)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s",
                                     used ? ", " : "", settings[i].name);
    return fail(r, ERR_FORMAT, r->event.start_mark,
                "there is no setting `%.*s` here; there are %s",
                name.size < 40 ? (int)name.size : 40, (const char *)name.data,
                known);
}

/* Read a key and step to its value. `*s` is NULL at the mapping's end. */
static enum err
key_read(struct reader *r, enum place place, const struct setting **s)
{
    size_t number = 0;
    enum err e = step(r);

    if (e != OK)
        return e;
    if (r->event.type == YAML_MAPPING_END_EVENT) {
        *s = NULL;
        return OK;
    }
    if (r->event.type != YAML_SCALAR_EVENT)
        return fail_here(r, "this is no name of a setting", "a plain word");
    *s = setting_find(scalar(r), place, &number);
    if (!*s)
        return unknown(r, place);
    if (r->seen & (uint64_t)1 << number)
        return fail(r, ERR_FORMAT, r->event.start_mark,
                    "`%s` stands here for the second time; keep one",
                    (*s)->name);
    r->seen |= (uint64_t)1 << number;
    e = step(r);
    if (e != OK)
        return e;
    bool is_list = (*s)->kind == LIST || (*s)->kind == ROLES;
    if (r->event.type !=
        (is_list ? YAML_SEQUENCE_START_EVENT : YAML_SCALAR_EVENT))
        return fail(r, ERR_FORMAT, r->event.start_mark,
                    "`%s` is of another form; right would be %s", (*s)->name,
                    (*s)->help);
    return OK;
}

static enum err
roles_read(struct reader *r, const struct setting *s, unsigned *out)
{
    for (;;) {
        enum err e = step(r);
        size_t i = 0;
        if (e != OK)
            return e;
        if (r->event.type == YAML_SEQUENCE_END_EVENT)
            return OK;
        if (r->event.type != YAML_SCALAR_EVENT)
            return fail_here(r, "this is no role", s->help);
        while (i < ARRAY_SIZE(roles) && !slice_is(scalar(r), roles[i].name))
            i++;
        if (i == ARRAY_SIZE(roles))
            return wrong(r, s);
        *out |= roles[i].bit;
    }
}

/* Read an entry of `users` or `peers`. */
static enum err
entry_read(struct reader *r, enum place place, void *base)
{
    const struct setting *s;
    enum err e;

    r->seen = 0;
    for (;;) {
        e = key_read(r, place, &s);
        if (e != OK || !s)
            return e;
        e = s->kind == ROLES
                ? roles_read(r, s,
                             (unsigned *)(void *)((char *)base + s->offset))
                : value_read(r, s, base);
        if (e != OK)
            return e;
    }
}

static bool
has(const struct reader *r, const char *name, enum place place)
{
    size_t number = 0;

    return setting_find(slice_str(name), place, &number) &&
           (r->seen & (uint64_t)1 << number);
}

static enum err
user_entry(struct reader *r)
{
    struct settings *out = r->out;
    yaml_mark_t at = r->event.start_mark;
    enum err e;

    if (out->user_count == SETTINGS_ROLES_MAX)
        return fail(r, ERR_LIMIT, at, "more than %d entries of `users`",
                    SETTINGS_ROLES_MAX);
    e = entry_read(r, IN_USER, &out->users[out->user_count]);
    if (e != OK)
        return e;
    if (has(r, "user", IN_USER) == has(r, "group", IN_USER) ||
        !has(r, "roles", IN_USER))
        return fail(r, ERR_MISSING, at,
                    "an entry of `users` needs either `user` or `group`, and "
                    "`roles`");
    out->user_count++;
    return OK;
}

static enum err
peer_entry(struct reader *r)
{
    struct settings *out = r->out;
    struct settings_peer *p = &out->peers[out->peer_count];
    yaml_mark_t at = r->event.start_mark;
    enum err e;

    if (out->peer_count == PEERS_MAX)
        return fail(r, ERR_LIMIT, at, "more than %d entries of `peers`",
                    PEERS_MAX);
    *p = (struct settings_peer){.community = true, .dial = true};
    e = entry_read(r, IN_PEER, p);
    if (e != OK)
        return e;
    if (!has(r, "team", IN_PEER))
        return fail(r, ERR_MISSING, at, "an entry of `peers` needs `team`");
    for (size_t i = 0; i < out->peer_count; i++)
        if (team_name_equal(&out->peers[i].team, &p->team))
            return fail(r, ERR_REPEATED, at,
                        "the peer %s stands here for the second time",
                        p->team.text);
    r->ceiling_given[out->peer_count++] = has(r, "ceiling", IN_PEER);
    return OK;
}

static enum err
owner_entry(struct reader *r)
{
    struct settings *out = r->out;
    yaml_mark_t at = r->event.start_mark;
    enum err e;

    if (out->owner_count == SETTINGS_OWNERS_MAX)
        return fail(r, ERR_LIMIT, at, "more than %d entries of `misp-owners`",
                    SETTINGS_OWNERS_MAX);
    e = entry_read(r, IN_OWNER, &out->owners[out->owner_count]);
    if (e != OK)
        return e;
    if (!has(r, "org", IN_OWNER) || !has(r, "team", IN_OWNER))
        return fail(r, ERR_MISSING, at,
                    "an entry of `misp-owners` needs `org` and `team`");
    out->owner_count++;
    return OK;
}

static enum err
list_read(struct reader *r, const struct setting *s)
{
    static enum err (*const entries[])(struct reader * r) = {
        [IN_USER] = user_entry,
        [IN_PEER] = peer_entry,
        [IN_OWNER] = owner_entry,
    };

    for (;;) {
        enum err e = step(r);
        if (e != OK || r->event.type == YAML_SEQUENCE_END_EVENT)
            return e;
        if (r->event.type != YAML_MAPPING_START_EVENT)
            return fail_here(r, "this is no entry of such a list", s->help);
        e = entries[s->least](r);
        if (e != OK)
            return e;
    }
}

/* Read the whole file's mapping; its start was read. */
static enum err
file_read(struct reader *r)
{
    uint64_t seen = 0;

    for (;;) {
        const struct setting *s;
        r->seen = seen;
        enum err e = key_read(r, IN_FILE, &s);
        seen = r->seen;
        if (e != OK)
            return e;
        if (!s)
            break;
        e = s->kind == LIST ? list_read(r, s) : value_read(r, s, r->out);
        if (e != OK)
            return e;
    }
    if (!has(r, "team", IN_FILE) || !has(r, "state", IN_FILE))
        return fail(r, ERR_MISSING, r->event.start_mark,
                    "`team` and `state` are needed");
    for (size_t i = 0; i < r->out->peer_count; i++)
        if (!r->ceiling_given[i])
            r->out->peers[i].ceiling = r->out->default_tlp;
    if (!has(r, "socket", IN_FILE) &&
        (size_t)snprintf(r->out->socket, sizeof r->out->socket,
                         "%s/control.sock",
                         r->out->state) >= sizeof r->out->socket)
        return fail(r, ERR_VALUE, r->event.start_mark,
                    "the path of `state` is too long");
    return OK;
}

static enum err
document_read(struct reader *r)
{
    enum err e = step(r);

    if (e == OK && r->event.type == YAML_STREAM_START_EVENT)
        e = step(r);
    if (e == OK && r->event.type == YAML_DOCUMENT_START_EVENT)
        e = step(r);
    if (e != OK)
        return e;
    if (r->event.type != YAML_MAPPING_START_EVENT)
        return fail_here(r, "there are no settings", "`team: NAME` and more");
    e = file_read(r);
    if (e == OK)
        e = step(r);
    if (e == OK && r->event.type == YAML_DOCUMENT_END_EVENT)
        e = step(r);
    if (e == OK && r->event.type != YAML_STREAM_END_EVENT)
        e = fail_here(r, "a second document begins", "one alone");
    return e;
}

enum err
settings_read(const char *path, struct settings *out, char *message,
              size_t size)
{
    struct reader r = {.path = path, .message = message, .message_size = size};
    FILE *file = fopen(path, "re");
    struct stat about;
    enum err e;

    if (!file || fstat(fileno(file), &about) != 0) {
        (void)snprintf(message, size, "%s: %m", path);
        if (file)
            (void)fclose(file);
        return ERR_IO;
    }
    if (about.st_size > FILE_BYTES_MAX) {
        (void)snprintf(message, size, "%s: is larger than 1 MiB", path);
        (void)fclose(file);
        return ERR_LIMIT;
    }
    *out = (struct settings){
        .default_tlp = TLP_AMBER,
        .batches_in_flight = BATCHES_IN_FLIGHT,
        .body_bytes_max = BODY_ANNOUNCED,
        .segment_bytes = MIB(64),
        .retention_ms = RETENTION_MS_DEFAULT,
    };
    (void)snprintf(out->file, sizeof out->file, "%s", path);
    r.out = out;
    yaml_parser_initialize(&r.parser);
    yaml_parser_set_input_file(&r.parser, file);
    e = document_read(&r);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    (void)fclose(file);
    return e;
}

unsigned
settings_roles(const struct settings *s, unsigned uid, const unsigned *gids,
               size_t gid_count)
{
    unsigned found = 0;

    if (uid == 0 || uid == geteuid())
        return ALL_ROLES;
    for (size_t i = 0; i < s->user_count; i++) {
        const struct settings_user *u = &s->users[i];
        bool is = !u->is_group && u->id == uid;
        for (size_t k = 0; u->is_group && k < gid_count; k++)
            is = is || gids[k] == u->id;
        found |= is ? u->roles : 0;
    }
    return found;
}
