-- What detectors found whose false alarms on the deployment are not known to be few: never counted. The columns are those of `findings`.
CREATE TABLE IF NOT EXISTS hints AS FROM findings WITH NO DATA;
