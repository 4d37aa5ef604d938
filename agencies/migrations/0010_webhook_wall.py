from django.db import migrations

from agencies.wall import raise_wall, same_agency


class Migration(migrations.Migration):
    dependencies = [
        ("agencies", "0009_webhook"),
        # The trigger that takes positions defers jobs.
        ("procrastinate", "0041_post_retry_failed_job"),
    ]
    operations = [
        raise_wall("agencies_webhookendpoint"),
        raise_wall("agencies_webhookendpointevent"),
        raise_wall("agencies_webhookdelivery"),
        raise_wall("agencies_webhookattempt"),
        same_agency("agencies_webhookendpoint", "created_by_id", "agencies_membership"),
        same_agency("agencies_webhookdelivery", "endpoint_id", "agencies_webhookendpoint"),
        same_agency("agencies_webhookattempt", "delivery_id", "agencies_webhookdelivery"),
    ]
