"""
How month facts are counted from the rows beneath: one statement for each kind of fact (ADR 0030).

Each gives the months from ``first`` up to, not including, ``after``; what counts nothing leaves no row.
The people's statement reads days of activities and so needs the programme's providers in scope.
"""

from __future__ import annotations

PEOPLE_COLUMNS = (
    *("referrals", "starts", "starts_out_of_work", "joined", "left", "left_working", "contacted"),
    *("contact_days", "contacted_in_30", "followed_18", "working_18", "job_starters"),
    "job_starters_out_of_work",
)
PEOPLE = """
WITH people AS (
    SELECT p.id, p.service_id, p.area_id, p.cohort_id, p.referred_on, p.started_on,
        (p.started_on + interval '18 months')::date AS followed_on
    FROM participants_participant p WHERE p.programme_id = %(programme)s
),
at_work AS (
    SELECT p.id FROM people p WHERE EXISTS (
        SELECT FROM participants_workperiod w
        WHERE w.participant_id = p.id AND w.kind = 'WORK' AND w.starts_on <= p.started_on
            AND (w.ends_on IS NULL OR w.ends_on >= p.started_on))
),
support AS (
    SELECT n.participant_id AS id, n.service_id, n.started_on, n.ended_on, n.end_reason
    FROM participants_enrolment n JOIN people p ON p.id = n.participant_id
    UNION ALL
    SELECT p.id, p.service_id, p.started_on, NULL::date, '' FROM people p
    WHERE p.started_on IS NOT NULL
        AND NOT EXISTS (SELECT FROM participants_enrolment n WHERE n.participant_id = p.id)
),
contacts AS (
    SELECT a.participant_id AS id, min(a.happened_on) AS day
    FROM participants_activity a JOIN people p ON p.id = a.participant_id
    WHERE a.kind = 'EMPLOYER_CONTACT' GROUP BY a.participant_id
),
touched AS (
    SELECT DISTINCT e.participant_id FROM outcomes_outcomeevent e
    WHERE e.programme_id = %(programme)s AND e.outcome_type_id = ANY(%(job_starts)s) AND (
        (e.falls_in >= %(first)s AND e.falls_in < %(after)s)
        OR (e.void_falls_in >= %(first)s AND e.void_falls_in < %(after)s))
),
jobs AS (
    SELECT e.participant_id, v.day, v.change, e.service_id, e.outcome_date, e.id
    FROM outcomes_outcomeevent e JOIN touched ON touched.participant_id = e.participant_id
    CROSS JOIN LATERAL (VALUES (e.falls_in, 1), (e.void_falls_in, -1)) v (day, change)
    WHERE e.outcome_type_id = ANY(%(job_starts)s) AND e.state = 'VERIFIED' AND v.day IS NOT NULL
),
steps AS (
    SELECT participant_id, day, sum(change) AS change,
        (array_agg(service_id ORDER BY outcome_date, id))[1] AS service_id
    FROM jobs GROUP BY participant_id, day
),
standing AS (
    SELECT participant_id, day, service_id, change,
        sum(change) OVER (PARTITION BY participant_id ORDER BY day) AS jobs
    FROM steps
),
starters AS (
    SELECT participant_id AS id, day, service_id, (jobs > 0)::int - (jobs - change > 0)::int AS change
    FROM standing
),
counted (id, day, service_id, fact, amount) AS (
    SELECT id, referred_on, NULL::bigint, 'referrals', 1 FROM people
    UNION ALL SELECT id, started_on, NULL, 'starts', 1 FROM people
    UNION ALL SELECT id, started_on, NULL, 'starts_out_of_work', 1 FROM people
        WHERE id NOT IN (SELECT id FROM at_work)
    UNION ALL SELECT id, started_on, service_id, 'joined', 1 FROM support
    UNION ALL SELECT id, ended_on, service_id, 'left', 1 FROM support
    UNION ALL SELECT id, ended_on, service_id, 'left_working', 1 FROM support WHERE end_reason = 'WORKING'
    UNION ALL SELECT id, day, NULL, 'contacted', 1 FROM contacts
    UNION ALL SELECT c.id, c.day, NULL, 'contact_days', greatest(c.day - p.started_on, 0)
        FROM contacts c JOIN people p ON p.id = c.id WHERE p.started_on IS NOT NULL
    UNION ALL SELECT c.id, c.day, NULL, 'contacted_in_30', 1
        FROM contacts c JOIN people p ON p.id = c.id WHERE c.day - p.started_on <= 30
    UNION ALL SELECT id, followed_on, NULL, 'followed_18', 1 FROM people
    UNION ALL SELECT p.id, p.followed_on, NULL, 'working_18', 1 FROM people p WHERE EXISTS (
        SELECT FROM participants_workperiod w
        WHERE w.participant_id = p.id AND w.starts_on <= p.followed_on
            AND (w.ends_on IS NULL OR w.ends_on >= p.followed_on))
    UNION ALL SELECT id, day, service_id, 'job_starters', change FROM starters
    UNION ALL SELECT id, day, service_id, 'job_starters_out_of_work', change FROM starters
        WHERE id NOT IN (SELECT id FROM at_work)
            AND id IN (SELECT id FROM people WHERE started_on IS NOT NULL)
)
SELECT %(programme)s::bigint, date_trunc('month', c.day)::date,
    coalesce(c.service_id, l.service_id, p.service_id), p.area_id, p.cohort_id,
    coalesce(sum(c.amount) FILTER (WHERE c.fact = 'referrals'), 0),
    coalesce(sum(c.amount) FILTER (WHERE c.fact = 'starts'), 0),
    coalesce(sum(c.amount) FILTER (WHERE c.fact = 'starts_out_of_work'), 0),
    coalesce(sum(c.amount) FILTER (WHERE c.fact = 'joined'), 0),
    coalesce(sum(c.amount) FILTER (WHERE c.fact = 'left'), 0),
    coalesce(sum(c.amount) FILTER (WHERE c.fact = 'left_working'), 0),
    coalesce(sum(c.amount) FILTER (WHERE c.fact = 'contacted'), 0),
    coalesce(sum(c.amount) FILTER (WHERE c.fact = 'contact_days'), 0),
    coalesce(sum(c.amount) FILTER (WHERE c.fact = 'contacted_in_30'), 0),
    coalesce(sum(c.amount) FILTER (WHERE c.fact = 'followed_18'), 0),
    coalesce(sum(c.amount) FILTER (WHERE c.fact = 'working_18'), 0),
    coalesce(sum(c.amount) FILTER (WHERE c.fact = 'job_starters'), 0),
    coalesce(sum(c.amount) FILTER (WHERE c.fact = 'job_starters_out_of_work'), 0)
FROM counted c JOIN people p ON p.id = c.id
LEFT JOIN participants_placement l ON c.service_id IS NULL AND l.participant_id = c.id
    AND (l.starts_on IS NULL OR l.starts_on <= c.day) AND (l.ends_before IS NULL OR l.ends_before > c.day)
WHERE c.day >= %(first)s AND c.day < %(after)s AND c.amount <> 0
GROUP BY 1, 2, 3, 4, 5
"""
OUTCOME_COLUMNS = ("verified", "voided", "happened", "decided", "at_once")
OUTCOMES = """
WITH events AS (
    SELECT e.id, e.service_id, p.area_id, p.cohort_id, e.outcome_type_id, e.falls_in, e.void_falls_in,
        e.outcome_date, e.voided_on
    FROM outcomes_outcomeevent e JOIN participants_participant p ON p.id = e.participant_id
    WHERE e.programme_id = %(programme)s AND e.state = 'VERIFIED' AND (
        (e.falls_in >= %(first)s AND e.falls_in < %(after)s)
        OR (e.void_falls_in >= %(first)s AND e.void_falls_in < %(after)s)
        OR (e.outcome_date >= %(first)s AND e.outcome_date < %(after)s))
),
here AS (
    SELECT e.*, NOT EXISTS (SELECT FROM outcomes_eventquery q WHERE q.event_id = e.id) AS at_once
    FROM events e WHERE e.falls_in >= %(first)s AND e.falls_in < %(after)s AND NOT EXISTS (
        SELECT FROM outcomes_eventstep s
        WHERE s.event_id = e.id AND s.from_state = '' AND s.to_state = 'VERIFIED')
),
counted (service_id, area_id, cohort_id, outcome_type_id, day, fact) AS (
    SELECT service_id, area_id, cohort_id, outcome_type_id, falls_in, 'verified' FROM events
    UNION ALL SELECT service_id, area_id, cohort_id, outcome_type_id, void_falls_in, 'voided' FROM events
    UNION ALL SELECT service_id, area_id, cohort_id, outcome_type_id, outcome_date, 'happened' FROM events
        WHERE voided_on IS NULL
    UNION ALL SELECT service_id, area_id, cohort_id, outcome_type_id, falls_in, 'decided' FROM here
    UNION ALL SELECT service_id, area_id, cohort_id, outcome_type_id, falls_in, 'at_once' FROM here
        WHERE at_once
    UNION ALL SELECT e.service_id, p.area_id, p.cohort_id, e.outcome_type_id,
            (r.rejected_at AT TIME ZONE g.timezone)::date, 'decided'
        FROM outcomes_eventrejection r JOIN outcomes_outcomeevent e ON e.id = r.event_id
        JOIN participants_participant p ON p.id = e.participant_id
        JOIN funders_programme g ON g.id = e.programme_id
        WHERE e.programme_id = %(programme)s
)
SELECT %(programme)s::bigint, date_trunc('month', c.day)::date, c.service_id, c.area_id, c.cohort_id,
    c.outcome_type_id,
    count(*) FILTER (WHERE c.fact = 'verified'),
    count(*) FILTER (WHERE c.fact = 'voided'),
    count(*) FILTER (WHERE c.fact = 'happened'),
    count(*) FILTER (WHERE c.fact = 'decided'),
    count(*) FILTER (WHERE c.fact = 'at_once')
FROM counted c WHERE c.day >= %(first)s AND c.day < %(after)s
GROUP BY 1, 2, 3, 4, 5, 6
"""
AMOUNT_COLUMNS = ("charged_minor", "invoiced_minor")
AMOUNTS = """
WITH months AS (
    SELECT id, first_day FROM payments_month
    WHERE programme_id = %(programme)s AND state = 'CLOSED'
        AND first_day >= %(first)s AND first_day < %(after)s
),
buyers AS (
    SELECT id FROM funders_agreement WHERE programme_id = %(programme)s AND direction = 'RECEIVABLE'
),
counted (charge_id, first_day, charged, invoiced) AS (
    SELECT c.id, m.first_day, c.amount_minor, 0
    FROM payments_charge c JOIN months m ON m.id = c.month_id JOIN buyers b ON b.id = c.agreement_id
    WHERE c.amount_minor <> 0
    UNION ALL
    SELECT c.id, m.first_day, 0, c.amount_minor
    FROM payments_document d JOIN months m ON m.id = d.month_id JOIN buyers b ON b.id = d.agreement_id
    JOIN payments_documentline l ON l.document_id = d.id JOIN payments_charge c ON c.id = l.charge_id
)
SELECT %(programme)s::bigint, n.first_day, c.agreement_id, e.service_id, p.area_id, p.cohort_id,
    e.outcome_type_id, sum(n.charged), sum(n.invoiced)
FROM counted n JOIN payments_charge c ON c.id = n.charge_id
LEFT JOIN payments_charge o ON o.id = c.credits_id
LEFT JOIN outcomes_outcomeevent e ON e.id = coalesce(c.event_id, o.event_id)
LEFT JOIN participants_participant p ON p.id = e.participant_id
GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
