"""The metrics themselves, as data: what each counts, from where, whose, and how others do it (ADR 0030)."""

from __future__ import annotations

from performance.rules.metrics import Metric, Unit, Variant, Wanted

IPS_GROW, NHS, DENMARK = "IPS Grow (England)", "NHS mental health data set", "Denmark, Region Syddanmark"
GROW_TEXT = "IPS Grow reporting tool, rules of the data fields"
NHS_TEXT = "NHS mental health services data set, published measures"
DANISH_TEXT = "Region Syddanmark, memo on IPS of 14 August 2020"
TEAM, OPERATOR_FINANCE = "The operator’s performance team", "The operator’s finance team"
PEOPLE_SOURCE = "Referrals and starts that providers recorded"
EVENT_SOURCE = "Verified outcomes, in the month in which they are priced"
MONEY_SOURCE = "Charges of closed months; those on documents are the lines of invoices and credit notes"

METRICS = (
    Metric(
        code="referrals",
        name="Referrals",
        definition="People who were referred to a service in the period, by the day of the referral.",
        numerator="People with a referral in the period",
        denominator="",
        unit=Unit.PEOPLE,
        wanted=Wanted.HIGHER,
        source=PEOPLE_SOURCE,
        owner=TEAM,
        top="referrals",
        variants=(
            Variant(
                "nhs-referrals",
                NHS,
                "IPS referrals",
                "Referrals to a team of type D05 or with an IPS code. Not worked out here: it needs the "
                "codes of the clinical record.",
                NHS_TEXT,
                Unit.PEOPLE,
            ),
        ),
    ),
    Metric(
        code="starts",
        name="Starts",
        definition="People whose support began in the period.",
        numerator="People with a start in the period",
        denominator="",
        unit=Unit.PEOPLE,
        wanted=Wanted.HIGHER,
        source=PEOPLE_SOURCE,
        owner=TEAM,
        top="starts",
        variants=(
            Variant(
                "grow-referrals-accepted",
                IPS_GROW,
                "Referrals accepted",
                "Referrals that a specialist received and accepted to the caseload; without a date they are "
                "not counted. Here the start of support.",
                GROW_TEXT,
                Unit.PEOPLE,
                "starts",
            ),
            Variant(
                "nhs-access",
                NHS,
                "Access",
                "Referrals with at least one direct contact. Not worked out here: contacts are for the "
                "provider alone.",
                NHS_TEXT,
                Unit.PEOPLE,
            ),
        ),
    ),
    Metric(
        code="engagement",
        name="Engagement",
        definition="Engagements that were verified in the period, less those voided in it. What proves one "
        "is in the programme’s outcome types.",
        numerator="Verified engagements, less voided ones",
        denominator="",
        unit=Unit.OUTCOMES,
        wanted=Wanted.HIGHER,
        source=EVENT_SOURCE,
        owner=TEAM,
        top="engagements",
        variants=(
            Variant(
                "grow-engaged",
                IPS_GROW,
                "Engaged",
                "People whose vocational profile was begun, which is less than completed. Not worked out "
                "here: profiles are for the provider alone.",
                GROW_TEXT,
                Unit.PEOPLE,
            ),
        ),
    ),
    Metric(
        code="first-employer-contact",
        name="Time to first employer contact",
        definition="Mean days from the start of support to the first contact with an employer, of the people "
        "whose first contact fell in the period.",
        numerator="Days from start to first employer contact, added up",
        denominator="People whose first employer contact fell in the period",
        unit=Unit.DAYS,
        wanted=Wanted.LOWER,
        source="Days of activities that providers recorded; nothing else of an activity is read",
        owner=TEAM,
        top="contact_days",
        bottom="contacted",
        variants=(
            Variant(
                "ips25-rapid-search",
                "IPS-25 fidelity scale",
                "Within 30 days",
                "Share of first employer contacts within 30 days of the start; the best mark of the item on "
                "rapid job search.",
                "IPS-25 fidelity scale, item on rapid search",
                Unit.PER_CENT,
                "contacted_in_30",
                "contacted",
            ),
        ),
    ),
    Metric(
        code="job-starts",
        name="Job starts",
        definition="Job starts that were verified in the period, less those voided in it; further jobs of "
        "the same person count where the programme counts them.",
        numerator="Verified job starts, less voided ones",
        denominator="",
        unit=Unit.OUTCOMES,
        wanted=Wanted.HIGHER,
        source=EVENT_SOURCE,
        owner=TEAM,
        top="job_starts",
        variants=(
            Variant(
                "grow-clients-into-work",
                IPS_GROW,
                "Clients into work",
                "Different people with a first job start; further jobs do not count.",
                GROW_TEXT,
                Unit.PEOPLE,
                "job_starters",
            ),
        ),
    ),
    Metric(
        code="job-start-rate",
        name="Job-start rate",
        definition="People with a first job start in the period, of the people who started in it, where "
        "neither were in work at the start. In a short period starts and jobs are of different people.",
        numerator="People out of work at their start with a first verified job start",
        denominator="People who started and were out of work then",
        unit=Unit.PER_CENT,
        wanted=Wanted.HIGHER,
        source=f"{EVENT_SOURCE}; {PEOPLE_SOURCE.lower()}",
        owner=TEAM,
        top="job_starters_out_of_work",
        bottom="starts_out_of_work",
        variants=(
            Variant(
                "grow-employment-rate",
                IPS_GROW,
                "Employment rate",
                "Clients into work of the clients who were out of work, from April 2024; the quality mark "
                "asks for 40%.",
                GROW_TEXT,
                Unit.PER_CENT,
                "job_starters_out_of_work",
                "starts_out_of_work",
            ),
            Variant(
                "per-engagement",
                "Published results of outcomes contracts",
                "Job starts for each engagement",
                "Verified job starts of verified engagements, all people, whether or not they were in work.",
                "INDIGO data set, results of the Life Chances Fund projects",
                Unit.PER_CENT,
                "job_starts",
                "engagements",
            ),
            Variant(
                "nhs-employed-at-discharge",
                NHS,
                "Employed at discharge",
                "Of the people whose support ended in the period, those who were in work and needed no more.",
                NHS_TEXT,
                Unit.PER_CENT,
                "left_working",
                "left",
            ),
            Variant(
                "danish-18-months",
                DENMARK,
                "In ordinary work or education at 18 months",
                "Of the people who started 18 months before a day of the period, those in work or on a "
                "course on that day.",
                DANISH_TEXT,
                Unit.PER_CENT,
                "working_18",
                "followed_18",
            ),
        ),
    ),
    Metric(
        code="sustained-13",
        name="Sustained for 13 weeks",
        definition="Outcomes for work that lasted at least 13 and less than 26 weeks, verified in the "
        "period, less those voided in it.",
        numerator="Verified outcomes of 13 weeks, less voided ones",
        denominator="",
        unit=Unit.OUTCOMES,
        wanted=Wanted.HIGHER,
        source=EVENT_SOURCE,
        owner=TEAM,
        top="sustained_13",
        variants=(
            Variant(
                "sustained-13-rate",
                "Published results of outcomes contracts",
                "Sustained for each job start",
                "Verified outcomes of 13 weeks of verified job starts.",
                "INDIGO data set, results of the Life Chances Fund projects",
                Unit.PER_CENT,
                "sustained_13",
                "job_starts",
            ),
        ),
    ),
    Metric(
        code="sustained-26",
        name="Sustained for 26 weeks",
        definition="Outcomes for work that lasted 26 weeks or more, verified in the period, less those "
        "voided in it.",
        numerator="Verified outcomes of 26 weeks or more, less voided ones",
        denominator="",
        unit=Unit.OUTCOMES,
        wanted=Wanted.HIGHER,
        source=EVENT_SOURCE,
        owner=TEAM,
        top="sustained_26",
    ),
    Metric(
        code="education-starts",
        name="Education starts",
        definition="Starts of ordinary education that the programme counts as an outcome, verified in the "
        "period, less those voided in it. They are no job starts.",
        numerator="Verified education starts, less voided ones",
        denominator="",
        unit=Unit.OUTCOMES,
        wanted=Wanted.HIGHER,
        source=EVENT_SOURCE,
        owner=TEAM,
        top="education_starts",
        variants=(
            Variant(
                "danish-education",
                DENMARK,
                "Ordinary education",
                "Counts as success together with ordinary work; elsewhere it does not.",
                DANISH_TEXT,
                Unit.OUTCOMES,
                "education_starts",
            ),
        ),
    ),
    Metric(
        code="caseload",
        name="Caseload of a full-time specialist",
        definition="People on the caseloads of specialists now, for each full-time specialist in post: those "
        "who look for work and those who are helped in it. 20 is the most that good practice allows.",
        numerator="People on a caseload now, at the providers of the services",
        denominator="Full-time specialists in post now",
        unit=Unit.PEOPLE_EACH,
        wanted=Wanted.LOWER,
        source="Caseloads as managers see them; hours of the specialists who have a sign-in",
        owner=TEAM,
        top="on_caseload",
        bottom="specialists",
        variants=(
            Variant(
                "nhs-caseload",
                NHS,
                "Caseload",
                "Open referrals with at least one contact. Not worked out here: contacts are for the "
                "provider alone.",
                NHS_TEXT,
                Unit.PEOPLE,
            ),
        ),
    ),
    Metric(
        code="vacancies",
        name="Vacancies",
        definition="Full-time posts for specialists that were agreed and that nobody is in. Empty until the "
        "agreed posts are recorded.",
        numerator="Agreed posts less specialists in post",
        denominator="",
        unit=Unit.POSTS,
        wanted=Wanted.LOWER,
        source="Agreed posts; hours of the specialists who have a sign-in",
        owner=TEAM,
        top="vacant",
    ),
    Metric(
        code="outcomes-against-profile",
        name="Job starts against profile",
        definition="Job starts of the period, of those that the profile had for it. A profile is of a "
        "service or of the whole programme; for other parts it is empty.",
        numerator="Verified job starts, less voided ones",
        denominator="Job starts in the profile for the period",
        unit=Unit.PER_CENT,
        wanted=Wanted.HIGHER,
        source=f"{EVENT_SOURCE}; the newest version of the profile",
        owner=TEAM,
        top="job_starts",
        bottom="expected",
    ),
    Metric(
        code="cost-per-participant",
        name="Cost per participant",
        definition="What was charged for the period, net of VAT and fees included, for each person who "
        "started in it. An average over everything that was paid, no price.",
        numerator="Net amount charged",
        denominator="People who started",
        unit=Unit.AMOUNT,
        wanted=Wanted.LOWER,
        source=MONEY_SOURCE,
        owner=OPERATOR_FINANCE,
        top="charged_minor",
        bottom="starts",
        variants=(
            Variant(
                "cost-per-engagement",
                "Published results of outcomes contracts",
                "Cost for each engagement",
                "What was charged for each verified engagement.",
                "INDIGO data set, results of the Life Chances Fund projects",
                Unit.AMOUNT,
                "charged_minor",
                "engagements",
            ),
        ),
    ),
    Metric(
        code="cost-per-outcome",
        name="Cost per job start",
        definition="What was charged for the period for everything, net of VAT and fees included, for each "
        "verified job start. An average, no price.",
        numerator="Net amount charged",
        denominator="Verified job starts, less voided ones",
        unit=Unit.AMOUNT,
        wanted=Wanted.LOWER,
        source=MONEY_SOURCE,
        owner=OPERATOR_FINANCE,
        top="charged_minor",
        bottom="job_starts",
        variants=(
            Variant(
                "cost-per-sustainment",
                "Published results of outcomes contracts",
                "Cost for each outcome of 13 weeks",
                "What was charged for each verified outcome of work that lasted 13 weeks.",
                "INDIGO data set, results of the Life Chances Fund projects",
                Unit.AMOUNT,
                "charged_minor",
                "sustained_13",
            ),
        ),
    ),
    Metric(
        code="first-pass-acceptance",
        name="First-pass acceptance",
        definition="Share of the outcomes decided in the period that were verified without a question and "
        "without a rejection. Those brought over already verified are left out.",
        numerator="Outcomes verified at once",
        denominator="Outcomes decided",
        unit=Unit.PER_CENT,
        wanted=Wanted.HIGHER,
        source="Steps of outcomes, written by the database",
        owner=TEAM,
        top="at_once",
        bottom="decided",
    ),
    Metric(
        code="spend-against-cap",
        name="Spend against cap",
        definition="What was charged so far against the most that the agreements allow in all, net of VAT. "
        "Fixed fees do not use up a cap.",
        numerator="Net amount that counts towards the caps",
        denominator="Caps of the agreements",
        unit=Unit.PER_CENT,
        wanted=Wanted.NEITHER,
        source=MONEY_SOURCE,
        owner=OPERATOR_FINANCE,
        top="spent_minor",
        bottom="cap_minor",
    ),
)
BY_CODE = {metric.code: metric for metric in METRICS}
