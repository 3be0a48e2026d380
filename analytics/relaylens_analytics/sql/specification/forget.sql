-- Remove what was declared of services. $services: their names.
DELETE FROM specification WHERE list_contains($services, service_name)
