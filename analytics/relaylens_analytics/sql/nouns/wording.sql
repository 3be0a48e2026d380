-- Whether a tool changes something, by the verb its key (`tool_key`) begins with or ends with.
CREATE OR REPLACE MACRO is_write_tool(key) AS (
    regexp_matches(key, '^(accept|activate|add|append|apply|approve|archive|assign|book|buy|cancel|change|charge|close|commit|complete|confirm|create|deactivate|delete|deploy|disable|disconnect|edit|enable|exchange|execute_(order|trade|payment|transfer)|file|grant|insert|install|issue|make|mark|merge|modify|move|order|patch|pay|place|post|publish|purchase|push|put|reboot|refund|register|reject|remove|rename|replace|replan|reschedule|reseat|reserve|reset|restart|resume|return|revoke|save|schedule|sell|send|set|ship|start|stop|store|submit|subscribe|suspend|switch|toggle|transfer|trigger|turn|unsubscribe|update|upgrade|upload|upsert|write)(_|$)|_(create|update|delete|cancel|insert|write|send|submit|book|pay)$')
);
-- Whether a result says that the work it asks about is still going on, so that asking again is right.
CREATE OR REPLACE MACRO is_still_going_on(result) AS (
    regexp_matches(left(result, 300), '(?i)\b(pending|in[ _-]?progress|not[ _-](yet[ _-])?(ready|done|finished|complete)|still (running|working|processing)|processing|queued|running|waiting|scheduled|starting|"?retry_after)\b')
);
-- Whether a text says that something was done, and not that something was not.
CREATE OR REPLACE MACRO claims_success(said) AS (
    regexp_matches(said, '(?i)\b(successfully|all set|(i|we)(''ve| have)( now| just| already| also)? (\w+ed|sent|made|set|put|paid|bought)|(has|have) (now |just |already |also )?been (now |successfully )?(\w+ed|sent|made|set|put|paid|bought)|(is|are) now (\w+ed|set))\b')
    AND NOT regexp_matches(said, '(?i)\b(un(able|fortunately|successful(ly)?)|can(no|'')t|could(n''t| not)|did(n''t| not)|was(n''t| not)|were(n''t| not)|has(n''t| not)|have(n''t| not)|not (yet|able|possible|available)|fail(s|ed|ure)?|errors?|sorry|apologi[sz]e|problem|issue)\b')
);
-- Whether a text says that somebody else has to decide or has been asked to, so that what it answers is not final.
CREATE OR REPLACE MACRO speaks_of_waiting(said) AS (
    regexp_matches(said, '(?i)\b(wait(s|ing)?|await(s|ing)?|pending|paus(e|ed|es|ing)|interrupt(s|ed)?|on hold|hold on|bear with|stand by|in the meantime|escalat\w+|approval|approver|to (be )?(approved?|confirm(ed)?|decided?|review(ed)?|authori[sz]ed?)|until|once (it|this|that|they|he|she|someone|somebody|we|i|a|an|the)|as soon as|not (yet|been)|(need|needs|require|requires|required) (\w+ )?(confirmation|approval|permission|input|review|consent|decision)|sign[- ]?off|(under|for|in) review|human|person|people|colleague|supervisor|manager|specialist|operator|reviewer|team|someone|somebody|staff|department|representative|(have|has|had|was|were|been|i|we) asked|come back|get back|let you know|follow(ing)?[- ]up|forwarded|handed (over|off)|passed (on|it|this|your)|taken over|submitted|queued|will (be )?(review|check|decide|contact|notif|inform|reach|respond|reply|answer|look))')
);
-- Whether what a call that asks a person gave back says that nobody has decided yet, so that it is no answer.
CREATE OR REPLACE MACRO is_left_open(said) AS (
    regexp_matches(said, '(?i)\b(pending|await(s|ing)?|wait(s|ing)|in[ _-]?progress|queued|submitted|(under|for|in)[ _-]?review|(no|without|without an?) (decision|answer|response|reply|approval)|not[ _-](yet|been)|(nobody|no[ -]one|none) (has|have)|yet to|(has|have|was|were|been) (notified|informed|asked)|request(ed)?\b.{0,60}\b(sent|created|posted|forwarded|filed)|will (be )?(review|decide|answer|respond|reply|get back|come back|look|let you know))')
    -- a decision is told of, and not as one to come
    AND NOT regexp_matches(
        regexp_replace(said, '(?i)\b(not|yet|be|been|until|before|pending|await\w*|wait\w* (for|to)|whether|if|or)\b[ _-]((it|this|that|somebody|someone|is|are|has|have|be|been|yet)[ _-])*(to be )?(approved|accepted|confirmed|granted|denied|rejected|declined|refused|agreed|decided)', '', 'g'),
        '(?i)\b(approved|accepted|confirmed|granted|denied|rejected|declined|refused|agreed|decided|disapproved)\b')
);
-- Whether a tool's result says that the call was not made yet, since it needs a person's confirmation.
CREATE OR REPLACE MACRO needs_confirmation(result) AS (
    regexp_matches(result, '(?i)\b(requires|needs|awaiting|waiting for) (your |human |user )?(confirmation|approval)\b')
);
