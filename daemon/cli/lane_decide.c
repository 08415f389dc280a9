#include "cli/files.h"
#include "cli/lanes.h"
#include "cli/pki.h"
#include "core/lane/texts.h"

#define WORD_BYTES 512

/* Find the lane to the team that is named, and decide about it. */
static int
decide(struct run *run,
       int (*about)(struct run *, struct daemon *, const struct wanted_lane *))
{
    struct daemon *d;
    struct wanted_lane w;
    int code = FAILED;

    if (run->options.word_count != 1)
        return command_usage(run);
    d = link_open(run);
    if (!d)
        return FAILED;
    if (lane_wanted(d, run->options.words[0], &w)) {
        code = about(run, d, &w);
        lane_wanted_clear(&w);
    }
    daemon_close(d);
    return code;
}

/* ---- lane adopt --------------------------------------------------------- */

static void
print_gap(const struct wanted_lane *w)
{
    unsigned long long theirs = w->claim_size, ours = w->size;

    (void)printf(" they hold %llu entries under our signature, we have %llu\n",
                 theirs, ours);
    if (theirs > ours)
        (void)printf(" #%llu to #%llu are unknown here: their content can be "
                     "seen only there. Phone them.\n",
                     ours, theirs - 1);
}

/* Show what is claimed, and how the root key lets it go on. */
static int
print_claim(const struct wanted_lane *w)
{
    const char *team = (const char *)w->team.data;
    struct buf root = {0};

    buf_put_hex(&root, SLICE_ARRAY(w->claim_root.b));
    (void)printf("our messages to %s, epoch %llu, STOPPED on row %llu: %s\n",
                 team, (unsigned long long)w->epoch, (unsigned long long)w->row,
                 (const char *)w->why.data);
    print_gap(w);
    (void)printf(" root      %.*s\n", (int)root.size, (const char *)root.data);
    buf_clear(&root);
    (void)printf("If they are ours, sign with the root key, here or on the "
                 "machine that has it:\n"
                 "  sealane lane adopt %s --root root.key\n"
                 "  sealane lane adopt %s --text > adopt.txt\n"
                 "  openssl pkeyutl -sign -inkey root.key -rawin "
                 "-in adopt.txt -out adopt.sig\n"
                 "  sealane lane adopt %s --signature adopt.sig\n",
                 team, team, team);
    return NO_MATCH;
}

static bool
read_signature(const char *path, struct signature *out)
{
    struct buf file = {0};
    bool good = file_read(path, KIB(1), &file);

    if (good && file.size != sizeof out->b) {
        (void)complain("%s: a signature has 64 bytes, as openssl pkeyutl "
                       "writes it; this has %zu",
                       path, file.size);
        good = false;
    }
    if (good)
        memcpy(out->b, file.data, sizeof out->b);
    buf_clear(&file);
    return good;
}

/* Make the signature with the root key, or read the one that was brought. */
static bool
take_signature(const struct run *run, struct slice text, struct signature *out)
{
    const char *root = option_text(&run->options, "root");
    struct secret_key key;

    if (!root)
        return read_signature(option_text(&run->options, "signature"), out);
    if (!pki_key_read(root, &key))
        return false;
    crypto_sign(&key, text, out);
    crypto_wipe(&key, sizeof key);
    return true;
}

static int
send_adopt(struct daemon *d, const struct wanted_lane *w,
           const struct signature *signature)
{
    struct control_answer a;
    struct ask ask;
    int code = FAILED;

    ask_begin(&ask, "lane-adopt");
    ask_text(&ask, "team", (const char *)w->team.data);
    control_add_number(&ask.b, "size", (int64_t)w->claim_size);
    control_add_bytes(&ask.b, "root", SLICE_ARRAY(w->claim_root.b));
    control_add_bytes(&ask.b, "signature", SLICE_ARRAY(signature->b));
    if (link_call(d, &ask, &a)) {
        (void)printf("let go on from %llu entries; a new epoch begins at the "
                     "next session\n",
                     (unsigned long long)w->claim_size);
        code = DONE;
    }
    ask_clear(&ask);
    return code;
}

static int
adopt(struct run *run, struct daemon *d, const struct wanted_lane *w)
{
    const struct options *o = &run->options;
    struct signature signature;
    struct buf text = {0};
    int code = FAILED;

    adopt_text(&w->id, w->claim_size, &w->claim_root, &text);
    if (option_is(o, "text")) {
        (void)printf("%.*s", (int)text.size, (const char *)text.data);
        code = DONE;
    } else if (!option_text(o, "root") && !option_text(o, "signature")) {
        code = print_claim(w);
    } else if (take_signature(run, buf_slice(&text), &signature)) {
        code = send_adopt(d, w, &signature);
    }
    buf_clear(&text);
    return code;
}

static int
adopt_stopped(struct run *run, struct daemon *d, const struct wanted_lane *w)
{
    if (!w->frozen)
        return complain("the lane to %s is not stopped: there is nothing to "
                        "decide",
                        (const char *)w->team.data);
    if (!w->claimed)
        return complain("%s has not said since the daemon started what it "
                        "holds: wait for a session",
                        (const char *)w->team.data);
    return adopt(run, d, w);
}

int
command_lane_adopt(struct run *run)
{
    return decide(run, adopt_stopped);
}

/* ---- lane roll ---------------------------------------------------------- */

/* Have a person type the team's name. */
static bool
is_confirmed(const struct run *run, const struct wanted_lane *w)
{
    const char *team = (const char *)w->team.data;
    char line[WORD_BYTES];

    if (option_is(&run->options, "yes"))
        return true;
    (void)printf("Our messages to %s will go on in epoch %llu; what they do "
                 "not have is sent again.\nType the team's name to go on: ",
                 team, (unsigned long long)w->epoch + 1);
    (void)fflush(stdout);
    if (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\r\n")] = 0;
        if (strcmp(line, team) == 0)
            return true;
    }
    (void)complain("that is not %s; nothing changed", team);
    return false;
}

static int
send_roll(struct run *run, struct daemon *d, const struct wanted_lane *w)
{
    struct control_answer a;
    struct ask ask;
    int code = FAILED;

    ask_begin(&ask, "lane-roll");
    ask_text(&ask, "team", (const char *)w->team.data);
    control_add_truth(&ask.b, "now", option_is(&run->options, "now"));
    if (link_call(d, &ask, &a) && a.record_count > 0) {
        bool closing =
            slice_is(control_text(&a.records[0], "state"), "closing");
        (void)printf("%s\n",
                     closing ? "the epoch ends behind what is queued; the "
                               "next one begins with its last receipt"
                             : "a new epoch begins where both sides agree, at "
                               "the next session");
        code = DONE;
    }
    ask_clear(&ask);
    return code;
}

static int
roll_confirmed(struct run *run, struct daemon *d, const struct wanted_lane *w)
{
    return is_confirmed(run, w) ? send_roll(run, d, w) : FAILED;
}

int
command_lane_roll(struct run *run)
{
    return decide(run, roll_confirmed);
}
