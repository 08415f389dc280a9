#include "fixture.h"

#include "edge/net/channel.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/stat.h>

#define KR "krcert.or.kr"
#define AU "cert.gov.au"
#define WAIT_S 20

/* One end of a connection, and everything that it was told. */
struct end {
    struct channel *channel;
    struct tls_peer peer;
    bool up, down, gone;
    enum err fault;
    char why[TLS_WHY_MAX];
    size_t taken;
    uint8_t first, last;
};

static char folder[64];
static struct event_base *base;
static struct authority kr, au, other;
static struct identity kr_good, au_good, au_expired, au_early, au_named,
    au_forged, au_unpinned;
static struct trust *at_kr, *at_au; /* what each side trusts */
static struct tls *kr_tls, *au_tls;
static struct end server, client;
static int listener;
static struct address where;

/* ---- making ---- */

static struct tls *
tls_make(const struct identity *i, const struct trust *trust)
{
    const struct keys_identity shown = {.certificate = i->certificate,
                                        .key = i->key};
    char why[TLS_WHY_MAX] = "";
    struct tls *t = tls_new(trust);

    if (!tls_show(t, &shown, why))
        fail_msg("%s", why);
    return t;
}

static int
make(void **state)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;

    (void)state;
    snprintf(folder, sizeof folder, "%s/channel_test.XXXXXX", BINARY_DIR);
    if (strlen(BINARY_DIR) > 40 || !mkdtemp(folder)) {
        snprintf(folder, sizeof folder, "channel_test.XXXXXX");
        assert_non_null(mkdtemp(folder));
    }
    base = event_base_new();
    authority_make(&kr, KR);
    authority_make(&au, AU);
    authority_make(&other, AU);
    identity_make(&kr, &(struct wanted){KR, -DAY, DAY, NULL}, &kr_good);
    identity_make(&au, &(struct wanted){AU, -DAY, DAY, NULL}, &au_good);
    identity_make(&au, &(struct wanted){AU, -DAY, -60, NULL}, &au_expired);
    identity_make(&au, &(struct wanted){AU, DAY, 2 * DAY, NULL}, &au_early);
    identity_make(&au, &(struct wanted){"evil.example", -DAY, DAY, NULL},
                  &au_named);
    identity_make(&other, &(struct wanted){AU, -DAY, DAY, NULL}, &au_forged);
    identity_make(&au, &(struct wanted){AU, -DAY, DAY, NULL}, &au_unpinned);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(listener, 8), 0);
    getsockname(listener, (struct sockaddr *)&at, &size);
    memcpy(&where.at, &at, sizeof at);
    where.size = sizeof at;
    return 0;
}

static int
clear(void **state)
{
    struct identity *all[] = {&kr_good,  &au_good,   &au_expired, &au_early,
                              &au_named, &au_forged, &au_unpinned};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        identity_clear(all[i]);
    authority_clear(&kr);
    authority_clear(&au);
    authority_clear(&other);
    close(listener);
    event_base_free(base);
    rmdir(folder);
    return 0;
}

/* ---- running ---- */

static void
on_news(void *self, enum channel_news news)
{
    struct end *e = self;
    struct evbuffer *input = channel_input(e->channel);
    const char *why;

    switch (news) {
    case CHANNEL_UP:
        e->up = true;
        return;
    case CHANNEL_READABLE:
        while (evbuffer_get_length(input)) {
            uint8_t bytes[4096];
            int n = evbuffer_remove(input, bytes, sizeof bytes);
            if (e->taken == 0)
                e->first = bytes[0];
            e->last = bytes[n - 1];
            e->taken += (size_t)n;
        }
        channel_taken(e->channel);
        return;
    case CHANNEL_DOWN:
        assert_false(e->down);
        e->down = true;
        e->fault = channel_fault(e->channel, &why);
        snprintf(e->why, sizeof e->why, "%s", why);
        return;
    case CHANNEL_GONE:
        assert_false(e->gone);
        e->gone = true;
        return;
    }
}

static struct channel_setup
setup_of(struct end *e, SSL *ssl)
{
    return (struct channel_setup){base, ssl, &e->peer, on_news, e};
}

/* Connect `client` with a TLS session of its own to a fresh server. */
static void
meet(SSL *ssl)
{
    server = (struct end){0};
    struct channel_setup s = setup_of(&client, ssl);
    client.channel = channel_connect(&s, &where);
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    assert_true(fd >= 0);
    s = setup_of(&server, tls_session(kr_tls, &server.peer));
    server.channel = channel_accept(&s, fd);
}

static void
meet_as_peers(void)
{
    client = (struct end){0};
    client.peer.we_dialled = true;
    client.peer.expected = team(KR);
    meet(tls_session(au_tls, &client.peer));
}

static void
run_until(const bool *a, const bool *b)
{
    time_t end = time(NULL) + WAIT_S;

    while (!(*a && *b)) {
        event_base_loop(base, EVLOOP_ONCE);
        if (time(NULL) > end)
            fail_msg("not within %d s: server %d%d%d %s, client %d%d%d %s",
                     WAIT_S, server.up, server.down, server.gone, server.why,
                     client.up, client.down, client.gone, client.why);
    }
}

static void
part(void)
{
    channel_free(server.channel);
    channel_free(client.channel);
}

/* KR listens with a good certificate, AU dials with `i`; `pin` is what KR
 * holds of AU. */
static void
open_pair(const struct identity *i, X509 *pin)
{
    at_kr = trust_new();
    at_au = trust_new();
    trust_team(at_kr, AU, true, &au, pin);
    trust_team(at_au, KR, true, &kr, kr_good.certificate);
    kr_tls = tls_make(&kr_good, at_kr);
    au_tls = tls_make(i, at_au);
}

static void
close_pair(void)
{
    tls_free(kr_tls);
    tls_free(au_tls);
    trust_free(at_kr);
    trust_free(at_au);
}

static void
check_words(const struct end *e, const char *words)
{
    if (!strstr(e->why, words))
        fail_msg("\"%s\" instead of \"%s\"", e->why, words);
}

/* ---- tests ---- */

static void
two_peers_meet_and_share_an_exporter(void **state)
{
    uint8_t a[32], b[32], zero[32] = {0};

    (void)state;
    open_pair(&au_good, au_good.certificate);
    meet_as_peers();
    run_until(&server.up, &client.up);
    assert_string_equal(server.peer.verdict.team.text, AU);
    assert_string_equal(client.peer.verdict.team.text, KR);
    assert_true(tls_protocol_agreed(channel_ssl(client.channel)));
    assert_true(tls_exporter(channel_ssl(server.channel), a));
    assert_true(tls_exporter(channel_ssl(client.channel), b));
    assert_memory_equal(a, b, sizeof a);
    assert_memory_not_equal(a, zero, sizeof a);
    assert_string_equal(SSL_get_version(channel_ssl(client.channel)),
                        "TLSv1.3");
    part();
    close_pair();
}

static void
what_was_sent_arrives_before_a_close(void **state)
{
    static uint8_t bytes[3000000];

    (void)state;
    bytes[0] = 17;
    bytes[sizeof bytes - 1] = 42;
    open_pair(&au_good, au_good.certificate);
    meet_as_peers();
    run_until(&server.up, &client.up);
    channel_send(client.channel, SLICE_ARRAY(bytes));
    channel_close(client.channel);
    run_until(&server.gone, &client.gone);
    assert_int_equal(server.taken, sizeof bytes);
    assert_int_equal(server.first, 17);
    assert_int_equal(server.last, 42);
    check_words(&server, "the peer closed the connection");
    assert_false(client.down);
    part();
    close_pair();
}

static void
a_paused_channel_holds_little_and_goes_on(void **state)
{
    static uint8_t bytes[2000000];

    (void)state;
    open_pair(&au_good, au_good.certificate);
    meet_as_peers();
    run_until(&server.up, &client.up);
    channel_pause(server.channel, true);
    channel_send(client.channel, SLICE_ARRAY(bytes));
    for (int i = 0; i < 50; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
    assert_int_equal(server.taken, 0);
    assert_true(evbuffer_get_length(channel_input(server.channel)) <=
                CHANNEL_INPUT_MAX);
    channel_pause(server.channel, false);
    channel_close(client.channel);
    run_until(&server.gone, &client.gone);
    assert_int_equal(server.taken, sizeof bytes);
    part();
    close_pair();
}

/* AU dials with `sent`, while its card lists `pinned`. */
static void
check_refused(const struct identity *sent, const struct identity *pinned,
              const char *here, const char *there)
{
    static uint8_t hello[2000];

    open_pair(sent, pinned->certificate);
    meet_as_peers();
    /* The client believes itself connected, and talks at once. */
    run_until(&client.up, &client.up);
    channel_send(client.channel, SLICE_ARRAY(hello));
    run_until(&server.gone, &client.gone);
    assert_false(server.up);
    assert_int_equal(server.fault, ERR_TLS);
    assert_int_equal(client.fault, ERR_TLS);
    check_words(&server, "we refused the peer's certificate: ");
    check_words(&server, here);
    check_words(&client, "the peer refused our certificate: ");
    check_words(&client, there);
    assert_int_equal(server.taken, 0);
    part();
    close_pair();
}

static void
each_side_says_why_a_certificate_was_refused(void **state)
{
    (void)state;
    check_refused(&au_expired, &au_expired, ": expired: CN=cert.gov.au",
                  ": expired");
    check_refused(&au_early, &au_early, ": not yet valid: CN=cert.gov.au",
                  ": not good");
    check_refused(&au_forged, &au_forged,
                  ": wrong authority: ", ": wrong authority");
    check_refused(&au_named, &au_named, ": wrong name: ", ": not good");
}

/* What it carries then, the session says (tests/unit/core/session). */
static void
a_certificate_that_is_not_in_the_card_opens_a_card_only_connection(void **state)
{
    (void)state;
    open_pair(&au_unpinned, au_good.certificate);
    meet_as_peers();
    run_until(&server.up, &client.up);
    assert_true(server.peer.verdict.card_only);
    assert_false(client.peer.verdict.card_only);
    assert_non_null(strstr(server.peer.verdict.why, "not pinned: CN="));
    part();
    close_pair();
}

static void
a_dialler_refuses_a_server_and_both_say_why(void **state)
{
    (void)state;
    open_pair(&au_good, au_good.certificate);
    trust_reset(at_au);
    trust_team(at_au, KR, true, &other, NULL);
    meet_as_peers();
    run_until(&server.gone, &client.gone);
    assert_false(client.up);
    check_words(&client, "we refused the peer's certificate: wrong authority");
    check_words(&server, "the peer refused our certificate: wrong authority");
    part();
    close_pair();
}

/* A client of somebody else: its context is made here. */
static void
meet_stranger(SSL_CTX *ctx, const struct identity *i)
{
    client = (struct end){.peer = {.alert = TLS_ALERT_NONE}};
    if (i) {
        SSL_CTX_use_certificate(ctx, i->certificate);
        SSL_CTX_use_PrivateKey(ctx, i->key);
    }
    SSL *ssl = SSL_new(ctx);
    SSL_set_connect_state(ssl);
    SSL_CTX_free(ctx);
    meet(ssl);
    run_until(&server.gone, &client.gone);
    assert_false(server.up);
    assert_int_equal(server.fault, ERR_TLS);
    part();
}

static const unsigned char our_protocol[] = "\x09" TLS_ALPN;
static const unsigned char other_protocols[] = "\x08http/1.1\x02h2";

static void
strangers_are_told_what_is_wrong(void **state)
{
    SSL_CTX *ctx;

    (void)state;
    open_pair(&au_good, au_good.certificate);

    ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_alpn_protos(ctx, our_protocol, sizeof our_protocol - 1);
    SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
    meet_stranger(ctx, &au_good);
    check_words(&server, "wrong TLS version: the peer does not speak TLS 1.3");
    check_words(&client, "tlsv1 alert protocol version");

    ctx = SSL_CTX_new(TLS_client_method());
    meet_stranger(ctx, &au_good);
    check_words(&server, "wrong ALPN: the peer offers none");
    check_words(&client, "no application protocol");

    ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_alpn_protos(ctx, other_protocols, sizeof other_protocols - 1);
    meet_stranger(ctx, &au_good);
    check_words(&server, "wrong ALPN: the peer offers http/1.1 h2;");
    check_words(&client, "no application protocol");

    ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_alpn_protos(ctx, our_protocol, sizeof our_protocol - 1);
    meet_stranger(ctx, NULL);
    check_words(&server, "no certificate: the peer sent none");
    check_words(&client, "certificate required");
    close_pair();
}

/* Speak plain bytes to a server and give what it says of them. */
static void
speak(const void *bytes, size_t size)
{
    static const bool yes = true;
    struct sockaddr_in at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    memcpy(&at, &where.at, sizeof at);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    server = (struct end){0};
    client = (struct end){0};
    int accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct channel_setup s =
        setup_of(&server, tls_session(kr_tls, &server.peer));
    server.channel = channel_accept(&s, accepted);
    assert_int_equal(send(fd, bytes, size, 0), (ssize_t)size);
    shutdown(fd, SHUT_WR);
    run_until(&server.gone, &yes);
    close(fd);
    channel_free(server.channel);
}

static void
what_is_not_tls_is_refused_before_tls_sees_it(void **state)
{
    static const uint8_t large[] = {22, 3, 1, 0x40, 0, 1, 1, 0, 0, 3, 3};
    static const uint8_t slow[] = {22, 3, 1, 0, 1, 1};

    (void)state;
    open_pair(&au_good, au_good.certificate);
    speak("GET / HTTP/1.1\r\n\r\n", 18);
    check_words(&server, "not TLS");
    speak(large, sizeof large);
    check_words(&server, "not TLS");
    speak(slow, sizeof slow);
    check_words(&server, "not TLS");
    close_pair();
}

static void
a_port_that_nobody_serves_is_told_as_down(void **state)
{
    static const bool yes = true;
    struct address dead;

    (void)state;
    open_pair(&au_good, au_good.certificate);
    assert_true(address_numeric("127.0.0.1", 1, &dead));
    client = (struct end){0};
    server = (struct end){0};
    client.peer.we_dialled = true;
    client.peer.expected = team(KR);
    struct channel_setup s =
        setup_of(&client, tls_session(au_tls, &client.peer));
    client.channel = channel_connect(&s, &dead);
    run_until(&client.gone, &yes);
    assert_true(client.down);
    assert_int_equal(client.fault, ERR_IO);
    check_words(&client, "Connection refused");
    channel_free(client.channel);
    close_pair();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_peers_meet_and_share_an_exporter),
        cmocka_unit_test(what_was_sent_arrives_before_a_close),
        cmocka_unit_test(a_paused_channel_holds_little_and_goes_on),
        cmocka_unit_test(each_side_says_why_a_certificate_was_refused),
        cmocka_unit_test(
            a_certificate_that_is_not_in_the_card_opens_a_card_only_connection),
        cmocka_unit_test(a_dialler_refuses_a_server_and_both_say_why),
        cmocka_unit_test(strangers_are_told_what_is_wrong),
        cmocka_unit_test(what_is_not_tls_is_refused_before_tls_sees_it),
        cmocka_unit_test(a_port_that_nobody_serves_is_told_as_down),
    };

    return cmocka_run_group_tests(tests, make, clear);
}
