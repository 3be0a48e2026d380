-- How many reasons there are to learn anew what is usual: new verdicts on runs and marks on findings, and traces that lost something.
SELECT (SELECT count(*) FROM labels WHERE batch > getvariable('settled') AND batch <= getvariable('upto') AND (name = 'verdict' OR finding IS NOT NULL))
       + (SELECT count(*) FROM erased_traces WHERE batch <= getvariable('upto'))
