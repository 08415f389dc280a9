#include "cli/cards.h"
#include "cli/files.h"
#include "cli/pki.h"
#include "cli/progress.h"
#include "core/base/limits.h"
#include "core/lane/texts.h"
#include "core/wire/card.h"

#include <errno.h>
#include <sys/stat.h>

#define DAY_MS UINT64_C(86400000)
#define CARD_DAYS 365
#define ROOT_DAYS 3650
#define PATH_BYTES 1024

/* The three keys of the signer, in the order in which the card lists them. */
#define KEYS 3
static const enum key_role roles[KEYS] = {KEY_ROLE_SESSION, KEY_ROLE_CHECKPOINT,
                                          KEY_ROLE_RECEIPT};

struct making {
    const struct run *run;
    const char *state;
    struct team_name team;
    struct wall now, end;
    struct pki *pki;
    struct secret_key secrets[KEYS];
    struct buf card; /* the CARD frame's payload */
    struct buf root_der, tls_pem, tls_der, crl_der;
};

/* ---- the card ----------------------------------------------------------- */

static struct slice
given(const struct making *m, const char *option)
{
    return slice_str(option_text(&m->run->options, option));
}

static bool
fill_card(const struct making *m, struct card *c)
{
    c->team = m->team;
    c->short_name = given(m, "short");
    c->version = 1;
    c->expires_s = m->end.ms / 1000;
    c->contact = (struct card_contact){
        .display_name = given(m, "name"),
        .email = given(m, "email"),
        .telephone = given(m, "telephone"),
        .time_zone = given(m, "time-zone"),
        .constituency = given(m, "constituency"),
    };
    for (size_t i = 0; i < KEYS; i++) {
        c->keys[i].role = roles[i];
        crypto_public_key(&m->secrets[i], &c->keys[i].key);
    }
    c->key_count = KEYS;
    for (const char *a;
         (a = option_nth(&m->run->options, "address", c->address_count));) {
        if (c->address_count == CARD_ADDRESSES_MAX) {
            (void)complain("a card has at most %d addresses",
                           CARD_ADDRESSES_MAX);
            return false;
        }
        c->addresses[c->address_count++] = slice_str(a);
    }
    c->root_certificate = buf_slice(&m->root_der);
    c->certificates[0] = buf_slice(&m->tls_der);
    c->certificate_count = 1;
    c->revocation_list = buf_slice(&m->crl_der);
    return true;
}

/* The root signs the card, and each key in it proves that it is held. */
static void
sign_card(struct making *m, const struct card *c, struct slice bytes)
{
    struct signed_card s = {.card = bytes, .key_count = KEYS};
    struct buf text = {0};
    struct hash hash;

    crypto_hash_one(&hash, bytes);
    card_text(&m->team, c->version, &hash, &text);
    crypto_sign(pki_root_secret(m->pki), buf_slice(&text), &s.root_signature);
    for (size_t i = 0; i < KEYS; i++) {
        key_id_of(&m->team, roles[i], &c->keys[i].key, &s.key_ids[i]);
        crypto_sign(&m->secrets[i], buf_slice(&text), &s.key_signatures[i]);
    }
    signed_card_put(&m->card, &s);
    buf_clear(&text);
}

/* The TLS key, its certificate, and a list that revokes nothing. */
static bool
make_tls(struct making *m)
{
    struct pki_wish wish = {.team = &m->team, .end = m->end};
    const struct pki_list list = {.number = 1, .now = m->now, .end = m->end};
    struct buf spki = {0};

    wish.begin.ms = m->now.ms - DAY_MS;
    pki_tls_key(&m->tls_pem, &spki);
    wish.spki = buf_slice(&spki);
    bool good = pki_issue(m->pki, &wish, &m->tls_der) &&
                pki_revoke(m->pki, &list, &m->crl_der);
    buf_clear(&spki);
    return good;
}

static bool
make_card(struct making *m)
{
    struct known_card check;
    struct buf bytes = {0};
    struct card c = {0};
    enum err e;

    pki_root_der(m->pki, &m->root_der);
    if (!make_tls(m) || !fill_card(m, &c))
        return false;
    card_put(&bytes, &c);
    sign_card(m, &c, buf_slice(&bytes));
    buf_clear(&bytes);
    e = known_card_read(buf_slice(&m->card), &check);
    if (e != OK) {
        (void)complain("the card would not be good (%s): is a text in it "
                       "too long, or no UTF-8?",
                       err_text(e));
        return false;
    }
    known_card_clear(&check);
    return true;
}

/* ---- files -------------------------------------------------------------- */

static bool
write_file(const struct making *m, const char *name, struct slice bytes)
{
    char path[PATH_BYTES];

    (void)snprintf(path, sizeof path, "%s/%s", m->state, name);
    return file_write(path, bytes);
}

static bool
make_directory(const struct making *m, const char *name)
{
    char path[PATH_BYTES];

    (void)snprintf(path, sizeof path, "%s%s%s", m->state, name[0] ? "/" : "",
                   name);
    if (mkdir(path, 0700) == 0)
        return true;
    (void)complain("%s: %s", path, strerror(errno));
    return false;
}

static bool
write_pem(const struct making *m, const char *name, struct slice der)
{
    struct buf pem = {0};

    pki_pem(der, &pem);
    bool good = write_file(m, name, buf_slice(&pem));
    buf_clear(&pem);
    return good;
}

/* A root that was given stays where it is. */
static bool
write_root(const struct making *m)
{
    struct buf key = {0};

    if (option_text(&m->run->options, "root"))
        return true;
    pki_root_key_pem(m->pki, &key);
    bool good = write_file(m, "root/root.key", buf_slice(&key)) &&
                write_pem(m, "root/root.crt", buf_slice(&m->root_der));
    crypto_wipe(key.data, key.size);
    buf_clear(&key);
    return good;
}

static bool
write_pki(const struct making *m)
{
    return write_root(m) &&
           write_file(m, "keys/tls.key", buf_slice(&m->tls_pem)) &&
           write_pem(m, "keys/tls.crt", buf_slice(&m->tls_der));
}

static bool
write_secrets(const struct making *m)
{
    uint8_t stream[32];
    char name[64];
    bool good = true;

    for (size_t i = 0; good && i < KEYS; i++) {
        (void)snprintf(name, sizeof name, "signer/%s.key",
                       key_role_name(roles[i]));
        good = write_file(m, name, SLICE_ARRAY(m->secrets[i].b));
    }
    pki_random(stream, sizeof stream);
    good = good && write_file(m, "stream.secret", SLICE_ARRAY(stream));
    crypto_wipe(stream, sizeof stream);
    return good;
}

static const char settings_head[] =
    "# The settings of sealaned; see sealane.yaml(5). Paths that do not begin\n"
    "# with a slash start at this file's folder.\n";

static const char settings_tail[] =
    "\n"
    "# What messages are marked that carry no mark of their own.\n"
    "default-tlp: amber\n"
    "\n"
    "# Who may use the control socket: read, submit, operate, read-red,\n"
    "# release (let go what a source holds back, for somebody else to send).\n"
    "# The user that runs sealaned, and root, may do everything.\n"
    "#users:\n"
    "#  - group: cert\n"
    "#    roles: [read, submit]\n"
    "\n"
    "# What is agreed with peers. Who is not named here is sent and may send\n"
    "# up to default-tlp, and is dialled at its card's address.\n"
    "#peers:\n"
    "#  - team: cert.gov.au\n"
    "#    ceiling: amber+strict\n"
    "#    community: true\n"
    "#    address: 192.0.2.10:4590\n";

static bool
write_settings(const struct making *m)
{
    const char *listen = option_text(&m->run->options, "listen");
    struct buf text = {0};
    bool good;

    buf_put_str(&text, settings_head);
    buf_put_str(&text, "team: ");
    buf_put_str(&text, m->team.text);
    buf_put_str(&text, "\nstate: .\n\n# Where connections of peers are "
                       "taken; without it they are only dialled.\n");
    buf_put_str(&text, listen ? "listen: \"" : "#listen: \"");
    buf_put_str(&text, listen ? listen : "0.0.0.0:4590");
    buf_put_str(&text, "\"\n");
    buf_put_str(&text, settings_tail);
    good = write_file(m, "sealane.yaml", buf_slice(&text));
    buf_clear(&text);
    return good;
}

static bool
write_all(const struct making *m)
{
    static const char *const folders[] = {"",        "keys",     "signer",
                                          "journal", "captures", "root"};
    size_t count =
        ARRAY_SIZE(folders) - (option_text(&m->run->options, "root") != NULL);

    for (size_t i = 0; i < count; i++) {
        if (!make_directory(m, folders[i]))
            return false;
    }
    return write_pki(m) && write_secrets(m) &&
           write_file(m, "card", buf_slice(&m->card)) && write_settings(m);
}

/* ---- the command -------------------------------------------------------- */

static bool
good_listen(const char *text)
{
    const char *port = strrchr(text, ':');

    return port && port != text && strlen(text) < 200 &&
           strspn(port + 1, "0123456789") == strlen(port + 1) &&
           !strpbrk(text, "\"\\\n\r\t ");
}

/* It stands in ids, which people type and say over the phone. */
static bool
good_short(struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789.-", text.data[i]))
            return false;
    }
    return text.size <= SHORT_NAME_MAX;
}

static bool
check_team(struct making *m)
{
    const struct options *o = &m->run->options;

    if (!team_name_parse(slice_str(o->words[0]), &m->team)) {
        (void)complain("%s is no team name: a lower-case DNS name such as "
                       "krcert.or.kr",
                       o->words[0]);
        return false;
    }
    if (strlen(m->team.text) > PKI_NAME_MAX) {
        (void)complain("a name in a certificate has at most %d letters",
                       PKI_NAME_MAX);
        return false;
    }
    return true;
}

static bool
check_wishes(struct making *m)
{
    const char *listen = option_text(&m->run->options, "listen");
    struct stat there;

    if (!check_team(m))
        return false;
    if (listen && !good_listen(listen)) {
        (void)complain("--listen %s: give an address and port such as "
                       "0.0.0.0:4590",
                       listen);
        return false;
    }
    if (!good_short(given(m, "short"))) {
        (void)complain("--short has at most %d of a-z, 0-9, dot and hyphen",
                       SHORT_NAME_MAX);
        return false;
    }
    if (strlen(m->state) > PATH_BYTES / 2 || lstat(m->state, &there) == 0) {
        (void)complain("%s is there already; init makes a new directory and "
                       "overwrites nothing",
                       m->state);
        return false;
    }
    return true;
}

static void
print_made(const struct making *m)
{
    const char *s = m->state;

    (void)printf("%s: node of %s, card valid for %d days\n"
                 " %s/sealane.yaml   settings, to be looked through\n"
                 " %s/card           the team card, for peers\n"
                 " %s/keys, signer   keys of this node: never copy them\n",
                 s, m->team.text, CARD_DAYS, s, s, s);
    if (!option_text(&m->run->options, "root"))
        (void)printf(
            " %s/root           the team's root key: take it to an offline "
            "machine or medium now,\n"
            "                   and remove it here; it signs every later "
            "card\n",
            s);
    (void)printf(
        "Next: sealaned -c %s/sealane.yaml\n"
        "      sealane card export %s.card --state %s, and give it to your "
        "peers\n",
        s, m->team.text, s);
}

int
command_root_new(struct run *run)
{
    struct making m = {.run = run, .state = option_text(&run->options, "out")};
    struct buf key = {0};
    int code = FAILED;

    if (run->options.word_count != 1 || !m.state)
        return command_usage(run);
    if (!check_team(&m))
        return FAILED;
    m.now.ms = progress_now_ms();
    m.end.ms = m.now.ms + ROOT_DAYS * DAY_MS;
    m.pki = pki_new(&m.team, m.now, m.end);
    if (m.pki && make_directory(&m, "")) {
        pki_root_key_pem(m.pki, &key);
        pki_root_der(m.pki, &m.root_der);
        if (write_file(&m, "root.key", buf_slice(&key)) &&
            write_pem(&m, "root.crt", buf_slice(&m.root_der)))
            code = DONE;
        crypto_wipe(key.data, key.size);
    }
    if (code == DONE)
        (void)printf("%s: root of %s, for ten years. Keep it off every machine "
                     "that has a network.\n"
                     "Next: sealane init %s --state DIR --root %s\n",
                     m.state, m.team.text, m.team.text, m.state);
    pki_free(m.pki);
    buf_clear(&key);
    buf_clear(&m.root_der);
    return code;
}

static int
make(struct making *m)
{
    struct wall root_end = {m->now.ms + ROOT_DAYS * DAY_MS};
    const char *root = option_text(&m->run->options, "root");

    m->pki = root ? pki_read(root) : pki_new(&m->team, m->now, root_end);
    if (!m->pki)
        return FAILED;
    for (size_t i = 0; i < KEYS; i++)
        pki_random(&m->secrets[i], sizeof m->secrets[i]);
    if (!make_card(m) || !write_all(m))
        return FAILED;
    print_made(m);
    return DONE;
}

int
command_init(struct run *run)
{
    struct making m = {.run = run};
    int code = FAILED;

    m.state = option_text(&run->options, "state");
    if (run->options.word_count != 1 || !m.state)
        return command_usage(run);
    m.now.ms = progress_now_ms();
    m.end.ms = m.now.ms + CARD_DAYS * DAY_MS;
    if (check_wishes(&m))
        code = make(&m);
    pki_free(m.pki);
    buf_clear(&m.card);
    buf_clear(&m.root_der);
    if (m.tls_pem.size)
        crypto_wipe(m.tls_pem.data, m.tls_pem.size);
    buf_clear(&m.tls_pem);
    buf_clear(&m.tls_der);
    buf_clear(&m.crl_der);
    crypto_wipe(m.secrets, sizeof m.secrets);
    return code;
}
