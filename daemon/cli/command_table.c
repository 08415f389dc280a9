#include "cli/commands.h"

#include "cli/sign.h"

/* ---- options ------------------------------------------------------------ */

static const struct option connect_options[] = {
    {"socket", 0, "PATH", "the daemon's control socket"},
    {"state", 0, "DIR", "the state directory that holds the socket"},
    {NULL, 0, NULL, NULL},
};

static const struct option init_options[] = {
    {"state", 0, "DIR", "the directory to make"},
    {"root", 0, "DIR", "a root made by root new, instead of one made here"},
    {"listen", 0, "ADDR:PORT", "where the daemon takes connections"},
    {"address", 0, "HOST:PORT", "where peers reach it; may repeat"},
    {"short", 0, "NAME", "what people call the team"},
    {"name", 0, "NAME", "the team's full name for people"},
    {"email", 0, "ADDRESS", "where to write"},
    {"telephone", 0, "NUMBER", "answered around the clock"},
    {"time-zone", 0, "ZONE", "UTC+09:00, for example"},
    {"constituency", 0, "TEXT", "for whom the team works"},
    {NULL, 0, NULL, NULL},
};

static const struct option root_options[] = {
    {"out", 0, "DIR", "the directory to make, on an offline machine"},
    {NULL, 0, NULL, NULL},
};

static const struct option request_options[] = {
    {"output", 'o', "FILE", "where the request goes"},
    {"rotate", 0, "ROLE", "with a new key for a role; may repeat"},
    {NULL, 0, NULL, NULL},
};

static const struct option revoke_options[] = {
    {"output", 'o', "FILE", "where the request goes"},
    {NULL, 0, NULL, NULL},
};

static const struct option sign_files[] = {
    {"root", 0, "DIR", "the directory of root.key and root.crt"},
    {"output", 'o', "FILE", "where the card goes"},
    {NULL, 0, NULL, NULL},
};

static const struct option rotate_options[] = {
    {"root", 0, "DIR", "the root, where it can be reached from here"},
    {"output", 'o', "FILE", "where the request for the root goes otherwise"},
    {"signed", 0, "FILE", "the card that the root signed from the request"},
    {"wait", 0, "SPAN", "how long to wait for peers: 60s"},
    {"socket", 0, "PATH", "the daemon's control socket"},
    {"state", 0, "DIR", "the state directory that holds the socket"},
    {NULL, 0, NULL, NULL},
};

static const struct option card_options[] = {
    {"vkeys", 0, NULL, "print the keys as C2SP verifier keys alone"},
    {"positions", 0, NULL, "with --vkeys: what each signs of which lane"},
    {"team", 0, "TEAM", "a peer's card instead of the own"},
    {NULL, 0, NULL, NULL},
};

static const struct option confirm_options[] = {
    {"with", 0, "TEXT", "with whom you spoke, on which number"},
    {"code", 0, "GROUPS", "the twelve groups, instead of typing them"},
    {NULL, 0, NULL, NULL},
};

static const struct option person_options[] = {
    {"with", 0, "TEXT", "who does it, and why"},
    {NULL, 0, NULL, NULL},
};

static const struct option submit_options[] = {
    {"file", 'f', "FILE", "a document or list; - is standard input"},
    {"format", 0, "FORMAT", "stix, misp, csv, list or text"},
    {"map", 0, "FIELD=COLUMN,...", "what the columns of a table hold"},
    {"to", 0, "TEAM,...", "the teams that it goes to"},
    {"tlp", 0, "TLP", "clear, green, amber, amber+strict, red"},
    {"pap", 0, "PAP", "clear, green, amber, red"},
    {"label", 0, "TEXT", "a label; may repeat"},
    {"case", 0, "REFERENCE", "the case that it belongs to"},
    {"title", 0, "TEXT", "a title for people"},
    {"note", 0, "TEXT", "a note for people"},
    {"role", 0, "ROLE", "c2, phishing, distribution, victim, ..."},
    {"use", 0, "USE", "the most that may be done: none, notify, detect, block"},
    {"valid-for", 0, "SPAN", "how long values hold: 30d"},
    {"confidence", 0, "N", "0 to 100"},
    {"allow-listed", 0, NULL, "send what a warninglist has all the same"},
    {"release", 0, "CODE", "of another user, who lets go what is held back"},
    {"type", 0, "OBSERVABLE", "what the values are, instead of looking"},
    {"recipient", 0, "NAME", "a person or role at the peer; may repeat"},
    {"exercise", 0, "NAME", "part of this exercise"},
    {"urgent", 0, NULL, "ahead of all that is queued"},
    {"wait", 0, "SPAN", "stay until it is receipted"},
    {"dry-run", 0, NULL, "only say what would be sent"},
    {"again", 0, NULL, "even if the same was submitted before"},
    {"only-new", 0, NULL, "nothing that came in any other document"},
    {"series", 0, "NAME", "of a list: what it is another issue of"},
    {"on-error", 0, "stop|skip", "skip: what is good goes all the same"},
    {"report", 0, "FILE", "each object, where it stood and its fate"},
    {NULL, 0, NULL, NULL},
};

static const struct option convert_options[] = {
    {"to", 0, "FORMAT", "stix, misp, csv or list"},
    {"output", 'o', "FILE", "a new file, instead of standard output"},
    {"feed", 0, "DIR", "with --to misp: a folder that other MISPs read"},
    {"report", 0, "FILE", "each property that is lost, and why"},
    {"file", 'f', "FILE", "one more document or list"},
    {"format", 0, "FORMAT", "what it is: stix, misp, csv or list"},
    {"map", 0, "FIELD=COLUMN,...", "what the columns of a table hold"},
    {"type", 0, "OBSERVABLE", "what the values are, instead of looking"},
    {"tlp", 0, "TLP", "clear, green, amber, amber+strict, red"},
    {"mentioned", 0, NULL, "values that are only a part of a pattern as well"},
    {"on-error", 0, "stop|skip",
     "stop: nothing is written, skip: what is good"},
    {NULL, 0, NULL, NULL},
};

static const struct option release_options[] = {
    {"file", 'f', "FILE", "one more document"},
    {"to", 0, "TEAM,...", "the teams that it may go to"},
    {"reason", 0, "TEXT", "why it may go"},
    {"format", 0, "FORMAT", "what it is: stix, misp, csv or list"},
    {"map", 0, "FIELD=COLUMN,...", "what the columns of a table hold"},
    {"type", 0, "OBSERVABLE", "what the values are, instead of looking"},
    {NULL, 0, NULL, NULL},
};

static const struct option expunge_options[] = {
    {"count", 0, "N", "of a submission: its messages, instead of typing it"},
    {NULL, 0, NULL, NULL},
};

static const struct option withdraw_options[] = {
    {"reason", 0, "REASON", "false-positive, outdated or mistake"},
    {"to", 0, "TEAM,...", "from these teams alone"},
    {"count", 0, "N", "of several: how many, instead of typing it"},
    {"vanished", 0, NULL, "what the teams have of FILE, and it has no longer"},
    {"file", 'f', "FILE", "with --vanished: one more document or list"},
    {"series", 0, "NAME", "of a list: what it is another issue of"},
    {"format", 0, "FORMAT", "stix, misp, csv, list or text"},
    {"map", 0, "FIELD=COLUMN,...", "what the columns of a table hold"},
    {"type", 0, "OBSERVABLE", "what the values are, instead of looking"},
    {NULL, 0, NULL, NULL},
};

static const struct option list_options[] = {
    {"to", 0, "TEAM", "what we sent to a team"},
    {"from", 0, "TEAM", "what a team sent us"},
    {"state", 0, "STATE",
     "queued, sent, receipted, stored, declined, expunged, gone;"
     " or the state directory"},
    {"kind", 0, "KIND", "indicator, object, note, decline, ..."},
    {"tlp", 0, "TLP", "clear, green, amber, amber+strict, red"},
    {"limit", 0, "N", "at most so many"},
    {"socket", 0, "PATH", "the daemon's control socket"},
    {NULL, 0, NULL, NULL},
};

static const struct option asked_options[] = {
    {"file", 'f', "FILE", "values, one a line; - is standard input"},
    {"parents", 0, NULL, "what stands above a value, too: domains, hosts"},
    {"text", 0, "WORDS", "messages with all of these words"},
    {"type", 0, "TYPE", "an observable, or the type of an object"},
    {"label", 0, "TEXT", "with this label"},
    {"role", 0, "ROLE", "c2, phishing, distribution, victim, ..."},
    {"tlp", 0, "TLP", "clear, green, amber, amber+strict, red"},
    {"producer", 0, "ID", "of this producer"},
    {"peer", 0, "TEAM", "to or from this team"},
    {"case", 0, "REFERENCE", "of this case"},
    {"exercise", 0, "NAME", "part of this exercise, which is left out else"},
    {"review", 0, NULL, "what waits for review, and why"},
    {"since", 0, "TIME", "a day, a point in time, or a span such as 8h"},
    {"until", 0, "TIME", "the same"},
    {"state", 0, "STATE",
     "active, expired, withdrawn, superseded, revoked, declined, review, "
     "queued; or the state directory"},
    {"limit", 0, "N", "at most so many"},
    {"socket", 0, "PATH", "the daemon's control socket"},
    {NULL, 0, NULL, NULL},
};

static const struct option search_options[] = {
    {"csv", 0, NULL, "a table, for programs"},
    {NULL, 0, NULL, NULL},
};

static const struct option export_options[] = {
    {"to", 0, "FORMAT", "stix, misp, csv or list"},
    {"output", 'o', "FILE", "a new file, instead of standard output"},
    {"feed", 0, "DIR", "with --to misp: a folder that other MISPs read"},
    {"report", 0, "FILE", "each property that is lost, and why"},
    {"from", 0, "TEAM", "what a team sent us"},
    {"sent-to", 0, "TEAM", "what we sent to a team"},
    {"package", 0, "ID", "of one document, by its own id"},
    {"kind", 0, "KIND", "indicator, object, package"},
    {"exact", 0, NULL, "objects as they came, with no marking added"},
    {"mentioned", 0, NULL, "values that are only a part of a pattern as well"},
    {"with-review", 0, NULL, "what waits for review as well"},
    {NULL, 0, NULL, NULL},
};

static const struct option watch_options[] = {
    {"alarms", 0, NULL, "alarms alone"},
    {"cursor", 0, "CURSOR", "go on where an earlier watch ended, or: start"},
    {NULL, 0, NULL, NULL},
};

static const struct option alarms_options[] = {
    {"all", 0, NULL, "those that have ended as well"},
    {NULL, 0, NULL, NULL},
};

static const struct option lane_evidence_options[] = {
    {"out", 0, "FILE", "the latest alone, into this file"},
    {NULL, 0, NULL, NULL},
};

static const struct option adopt_options[] = {
    {"root", 0, "FILE", "sign with this root key, and let it go on"},
    {"text", 0, NULL, "print what the root key must sign"},
    {"signature", 0, "FILE", "the signature, 64 bytes, made elsewhere"},
    {NULL, 0, NULL, NULL},
};

static const struct option roll_options[] = {
    {"now", 0, NULL, "without closing the epoch: they cannot take it"},
    {"yes", 0, NULL, "without asking"},
    {NULL, 0, NULL, NULL},
};

static const struct option prove_options[] = {
    {"output", 'o', "FILE", "the file, or a directory for a submission"},
    {"no-body", 0, NULL, "prove without showing the content"},
    {NULL, 0, NULL, NULL},
};

static const struct option verify_options[] = {
    {"origin-key", 0, "VKEY", "the origin's checkpoint key"},
    {"holder-key", 0, "VKEY", "the holder's receipt key"},
    {"keys", 0, "FILE", "verifier keys of both teams, a line each"},
    {NULL, 0, NULL, NULL},
};

static const struct option audit_options[] = {
    {"bodies", 0, NULL, "check every body against its commitment as well"},
    {"backup", 0, "DIR", "a backup instead of the running node"},
    {NULL, 0, NULL, NULL},
};

static const struct option restore_options[] = {
    {"state", 0, "DIR", "the state directory of the stopped node"},
    {"older", 0, NULL, "even where the journal in it is whole and newer"},
    {NULL, 0, NULL, NULL},
};

/* ---- commands ----------------------------------------------------------- */

const struct command commands[] = {
    {"init",
     command_init,
     "TEAM --state DIR [OPTION...]",
     "Make a node's state directory: keys, certificates, card, settings.",
     {init_options}},
    {"root new",
     command_root_new,
     "TEAM --out DIR",
     "Make a team's root, on a machine without a network.",
     {root_options}},
    {"card show",
     command_card_show,
     "[--team TEAM] [--vkeys]",
     "Show a team card and its keys.",
     {connect_options, card_options}},
    {"card export",
     command_card_export,
     "FILE [--team TEAM]",
     "Write a card to a file, for a peer to add.",
     {connect_options, card_options}},
    {"card request",
     command_card_request,
     "-o FILE [--rotate ROLE]...",
     "Write what the root must sign for the next version of our card.",
     {connect_options, request_options}},
    {"card revoke",
     command_card_revoke,
     "ROLE... -o FILE",
     "The same, calling the keys of these roles compromised.",
     {connect_options, revoke_options}},
    {"card sign",
     command_card_sign,
     "REQUEST --root DIR -o FILE [OPTION...]",
     "Sign the next version of a card with the root; needs no daemon.",
     {sign_files, sign_options}},
    {"card import",
     command_card_import,
     "FILE",
     "Put a newer card in force: our own, or one of a known peer.",
     {connect_options}},
    {"key list",
     command_key_list,
     "",
     "Show our keys by role, and what becomes of each.",
     {connect_options}},
    {"key rotate",
     command_key_rotate,
     "ROLE [--root DIR | -o FILE | --signed FILE]",
     "Replace a key of ours, step by step; run it again to go on.",
     {rotate_options, sign_options}},
    {"peer add",
     command_peer_add,
     "FILE",
     "Add a team by its card; nothing flows before it is confirmed.",
     {connect_options}},
    {"peer confirm",
     command_peer_confirm,
     "TEAM --with TEXT",
     "Confirm a peer by the code that both teams read out.",
     {connect_options, confirm_options}},
    {"peer list",
     command_peer_list,
     "",
     "List the peers and the code of each pair.",
     {connect_options}},
    {"peer pause",
     command_peer_pause,
     "TEAM [--with TEXT]",
     "Close a peer's links and keep them closed; what is for it waits.",
     {connect_options, person_options}},
    {"peer resume",
     command_peer_resume,
     "TEAM [--with TEXT]",
     "Let a paused peer go on.",
     {connect_options, person_options}},
    {"lane list",
     command_lane_list,
     "[TEAM]",
     "List the lanes of each direction and epoch, and how they stand.",
     {connect_options}},
    {"lane show",
     command_lane_show,
     "TEAM",
     "Show all that is known of the lanes with a team, and what to do.",
     {connect_options}},
    {"lane evidence",
     command_lane_evidence,
     "TEAM [--out FILE]",
     "Write statements that contradict each other, for a third party.",
     {connect_options, lane_evidence_options}},
    {"lane adopt",
     command_lane_adopt,
     "TEAM [--root FILE|--text|--signature FILE]",
     "Let a stopped lane go on from what the peer holds, by the root key.",
     {connect_options, adopt_options}},
    {"lane roll",
     command_lane_roll,
     "TEAM [--now] [--yes]",
     "End an epoch, and go on in the next one.",
     {connect_options, roll_options}},
    {"submit",
     command_submit,
     "[VALUE...] [-f FILE]... --to TEAM[,TEAM...]",
     "Send indicators: values, lists, tables, STIX 2.1.",
     {connect_options, submit_options}},
    {"explain",
     command_explain,
     "FILE|VALUE... --to TEAM[,TEAM...]",
     "Say what submit would send and refuse, and why; nothing is sent.",
     {connect_options, submit_options}},
    {"release",
     command_release,
     "FILE... --to TEAM[,TEAM...] --reason TEXT",
     "Let another user send what the source of a file holds back.",
     {connect_options, release_options}},
    {"convert",
     command_convert,
     "FILE|VALUE... --to FORMAT [-o FILE] [--report FILE]",
     "Write indicators in another format, and say what is lost.",
     {convert_options}},
    {"submission",
     command_submission,
     "S-NUMBER",
     "Show how far a submission has come with each team.",
     {connect_options}},
    {"cancel",
     command_cancel,
     "S-NUMBER",
     "Recall what is queued of a submission and has not left.",
     {connect_options}},
    {"withdraw",
     command_withdraw,
     "ID|S-NUMBER|--vanished FILE... --reason REASON",
     "Say that what we sent is no longer held to be right.",
     {connect_options, withdraw_options}},
    {"expunge",
     command_expunge,
     "ID|S-NUMBER [--count N]",
     "Erase the content of what we sent, here and at the peer, for good.",
     {connect_options, expunge_options}},
    {"queue",
     command_queue,
     "[TEAM]",
     "Show what waits for a team, since when, and the next try.",
     {connect_options}},
    {"list",
     command_list,
     "[--to TEAM|--from TEAM] [OPTION...]",
     "List messages of both directions.",
     {list_options}},
    {"export",
     command_export,
     "[S-NUMBER] [VALUE...] --to FORMAT [-o FILE] [OPTION...]",
     "Write messages as a document, each object under its marking.",
     {export_options, asked_options}},
    {"show",
     command_show,
     "ID",
     "Show all that is known of a message or a submission.",
     {connect_options}},
    {"search",
     command_search,
     "[VALUE...] [-f FILE] [OPTION...]",
     "Find every report of a value, by any team, in any notation.",
     {search_options, asked_options}},
    {"watch",
     command_watch,
     "[--alarms] [--cursor CURSOR]",
     "Follow messages, receipts, links and alarms as they come.",
     {connect_options, watch_options}},
    {"status",
     command_status,
     "",
     "Show the node, its peers and its alarms.",
     {connect_options}},
    {"alarm list",
     command_alarm_list,
     "[--all]",
     "List what somebody has to look at.",
     {connect_options, alarms_options}},
    {"alarm show",
     command_alarm_show,
     "A-NUMBER",
     "Show what an alarm means, what was done and what to do.",
     {connect_options}},
    {"alarm take",
     command_alarm_take,
     "A-NUMBER --with TEXT",
     "Say that a person looks after an alarm.",
     {connect_options, person_options}},
    {"alarm close",
     command_alarm_close,
     "A-NUMBER --with TEXT",
     "Close an alarm whose cause does not go by itself.",
     {connect_options, person_options}},
    {"prove",
     command_prove,
     "ID|S-NUMBER [-o FILE] [--no-body]",
     "Write evidence that a third party checks without a daemon.",
     {connect_options, prove_options}},
    {"verify",
     command_verify,
     "FILE (--keys FILE | --origin-key VKEY)",
     "Check an evidence file; needs no daemon.",
     {verify_options}},
    {"audit",
     command_audit,
     "[--bodies] [--backup DIR]",
     "Compute every lane's root again and check all signatures.",
     {connect_options, audit_options}},
    {"backup",
     command_backup,
     "DIR",
     "Copy the running node into a directory; again: what is new.",
     {connect_options}},
    {"restore",
     command_restore,
     "DIR --state DIR [--older]",
     "Put a backup's journal into the state directory of a stopped node.",
     {restore_options}},
    {"capture show",
     command_capture_show,
     "FILE",
     "Tell the story of a capture: events, effects, frames.",
     {NULL}},
    {"replay",
     command_replay,
     "FILE",
     "Run the exchange over a capture and compare every byte.",
     {NULL}},
    {"help", command_help, "[COMMAND]", "Say what a command does.", {NULL}},
};

const size_t command_count = ARRAY_SIZE(commands);
_Static_assert(ARRAY_SIZE(commands) <= COMMANDS_MAX, "COMMANDS_MAX");
