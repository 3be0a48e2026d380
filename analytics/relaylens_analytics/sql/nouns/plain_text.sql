-- What a person reads of a prompt or an answer: the last user or assistant text of a message list, else the text itself.
CREATE OR REPLACE MACRO plain_text(document) AS (
    CASE
        WHEN document IS NULL OR NOT json_valid(document) THEN document
        WHEN json_type(document) = 'VARCHAR' THEN json_extract_string(document, '$')
        WHEN json_type(document, '$.args[0]') = 'VARCHAR' THEN json_extract_string(document, '$.args[0]')
        WHEN json_extract_string(document, '$[#-1].parts[0].content') IS NOT NULL THEN json_extract_string(document, '$[#-1].parts[0].content')
        WHEN json_extract_string(document, '$[#-1].content') IS NOT NULL THEN json_extract_string(document, '$[#-1].content')
        WHEN json_extract_string(document, '$.prompt') IS NOT NULL THEN json_extract_string(document, '$.prompt')
        WHEN json_type(document, '$.text') = 'VARCHAR' THEN json_extract_string(document, '$.text')
        WHEN json_type(document, '$.output') = 'VARCHAR' THEN json_extract_string(document, '$.output')
        WHEN json_type(document, '$.messages[0].content[0].text') = 'VARCHAR' THEN json_extract_string(document, '$.messages[0].content[0].text')
        WHEN json_extract_string(document, '$.messages[0].content') IS NOT NULL THEN json_extract_string(document, '$.messages[0].content')
        WHEN json_extract_string(document, '$.messages[0].data.content') IS NOT NULL THEN json_extract_string(document, '$.messages[0].data.content')
        WHEN json_extract_string(document, '$[0].text') IS NOT NULL THEN json_extract_string(document, '$[0].text')
        ELSE document
    END
);
