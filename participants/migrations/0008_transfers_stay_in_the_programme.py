from django.db import migrations

# A person is asked over between services of their own programme: anywhere else, other funders pay for other things.
INSIDE = """
CREATE FUNCTION participants_transfer_inside() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM participants_participant p, funders_service s
        WHERE p.id = NEW.participant_id AND s.id IN (NEW.from_service_id, NEW.to_service_id)
            AND s.programme_id <> p.programme_id
    ) THEN
        RAISE EXCEPTION 'a transfer stays in the programme of the person' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER participants_transferrequest_inside BEFORE INSERT ON participants_transferrequest
    FOR EACH ROW EXECUTE FUNCTION participants_transfer_inside();
"""
NOT_INSIDE = """
DROP TRIGGER participants_transferrequest_inside ON participants_transferrequest;
DROP FUNCTION participants_transfer_inside();
"""


class Migration(migrations.Migration):
    dependencies = [("participants", "0007_placement_guards")]
    operations = [migrations.RunSQL(INSIDE, NOT_INSIDE)]
