#include "cli/renew.h"

#include "cli/files.h"
#include "core/base/limits.h"

bool
renewal_role(struct renewal *r, const char *role, bool compromised)
{
    if (strcmp(role, "tls") == 0) {
        r->rotate_tls = true;
        r->tls_compromised |= compromised;
        return true;
    }
    for (size_t i = 0; i < REQUEST_ROLES; i++)
        if (strcmp(role,
                   key_role_name((enum key_role)(i + KEY_ROLE_SESSION))) == 0) {
            r->rotate[i] = true;
            r->compromised[i] |= compromised;
            return true;
        }
    (void)complain("%s is no role: tls, session, checkpoint, receipt", role);
    return false;
}

static bool
take_key(struct request *out, size_t i, const struct control_record *r,
         const char *state)
{
    struct slice key = control_bytes(r, "key");

    if (!slice_is(control_text(r, "role"),
                  key_role_name((enum key_role)(i + KEY_ROLE_SESSION))) ||
        !slice_is(control_text(r, "state"), state) ||
        key.size != PUBLIC_KEY_BYTES)
        return false;
    memcpy(out->keys[i].b, key.data, key.size);
    return true;
}

/* The key of a role in the next card: a new one, or the one in use. */
static bool
ask_key(struct daemon *d, size_t i, bool rotate, struct request *out)
{
    const char *role = key_role_name((enum key_role)(i + KEY_ROLE_SESSION));
    struct control_answer a;
    struct ask ask;
    bool found = false;

    ask_begin(&ask, "keys");
    ask_text(&ask, "make", rotate ? role : NULL);
    bool good = link_call(d, &ask, &a);
    ask_clear(&ask);
    for (size_t k = 0; good && k < a.record_count; k++)
        found |= take_key(out, i, &a.records[k], rotate ? "made" : "in use");
    if (good && !found)
        (void)complain("the signer names no %s key", role);
    return found;
}

/* The certificate that is shown goes first, a new key last. */
static bool
ask_tls(struct daemon *d, const struct renewal *what, struct request *out)
{
    static const char *const order[] = {"shown", "listed", "made"};
    struct control_answer a;
    struct ask ask;

    ask_begin(&ask, "tls-keys");
    if (what->rotate_tls)
        control_add_truth(&ask.b, "make", true);
    bool good = link_call(d, &ask, &a);
    ask_clear(&ask);
    for (size_t s = 0; good && s < ARRAY_SIZE(order); s++)
        for (size_t k = 0; k < a.record_count; k++) {
            const struct control_record *r = &a.records[k];
            bool made = s == ARRAY_SIZE(order) - 1;
            if (!slice_is(control_text(r, "state"), order[s]) ||
                (made ? !what->rotate_tls : what->tls_compromised) ||
                out->tls_count == REQUEST_TLS_MAX)
                continue;
            buf_put(&out->tls[out->tls_count++], control_bytes(r, "key"));
        }
    if (good && !out->tls_count)
        (void)complain("the daemon names no TLS key");
    return good && out->tls_count;
}

bool
renew_request(struct daemon *d, const struct renewal *what, struct request *out)
{
    struct request r = {.tls_compromised = what->tls_compromised};

    if (!known_card_fetch(d, NULL, &r.card))
        return false;
    for (size_t i = 0; i < REQUEST_ROLES; i++) {
        r.compromised[i] = what->compromised[i];
        if (!ask_key(d, i, what->rotate[i], &r)) {
            request_clear(&r);
            return false;
        }
    }
    if (!ask_tls(d, what, &r)) {
        request_clear(&r);
        return false;
    }
    *out = r;
    return true;
}

bool
renew_import(struct daemon *d, struct slice card, struct team_name *team,
             uint64_t *version)
{
    struct control_answer a;
    struct ask ask;

    ask_begin(&ask, "card-import");
    control_add_bytes(&ask.b, "card", card);
    bool good = link_call(d, &ask, &a);
    ask_clear(&ask);
    if (!good)
        return false;
    if (!a.record_count ||
        !team_name_parse(control_text(&a.records[0], "team"), team)) {
        (void)complain("the daemon does not say which card it took");
        return false;
    }
    *version = record_u64(&a.records[0], "version");
    return true;
}

/* ---- card request, card revoke, card import ------------------------------ */

static int
write_request(struct run *run, const struct renewal *what)
{
    const char *output = option_text(&run->options, "output");
    struct daemon *d = link_open(run);
    struct buf text = {0};
    struct request r;
    int code = FAILED;

    if (d && renew_request(d, what, &r)) {
        request_put(&text, &r);
        if (file_write(output, buf_slice(&text)))
            code = DONE;
        if (code == DONE && strcmp(output, "-") != 0)
            (void)printf("%s: request for version %llu of the card of %s\n"
                         "Next, where the root is: sealane card sign %s --root "
                         "DIR -o %s.card\n",
                         output, (unsigned long long)r.card.card.version + 1,
                         r.card.card.team.text, output, r.card.card.team.text);
        request_clear(&r);
    }
    daemon_close(d);
    buf_clear(&text);
    return code;
}

int
command_card_request(struct run *run)
{
    const struct options *o = &run->options;
    struct renewal what = {0};
    const char *role;

    if (o->word_count > 0 || !option_text(o, "output"))
        return command_usage(run);
    for (size_t i = 0; (role = option_nth(o, "rotate", i)); i++)
        if (!renewal_role(&what, role, false))
            return FAILED;
    return write_request(run, &what);
}

int
command_card_revoke(struct run *run)
{
    const struct options *o = &run->options;
    struct renewal what = {0};

    if (o->word_count == 0 || !option_text(o, "output"))
        return command_usage(run);
    for (size_t i = 0; i < o->word_count; i++)
        if (!renewal_role(&what, o->words[i], true))
            return FAILED;
    return write_request(run, &what);
}

int
command_card_import(struct run *run)
{
    struct buf card = {0};
    struct team_name team;
    uint64_t version;
    int code = FAILED;

    if (run->options.word_count != 1)
        return command_usage(run);
    if (file_read(run->options.words[0], FRAME_CARD_MAX, &card)) {
        struct daemon *d = link_open(run);
        if (d && renew_import(d, buf_slice(&card), &team, &version)) {
            (void)printf("version %llu of the card of %s is in force\n",
                         (unsigned long long)version, team.text);
            code = DONE;
        }
        daemon_close(d);
    }
    buf_clear(&card);
    return code;
}
