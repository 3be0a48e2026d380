-- What is declared of the services as the store holds it?
SELECT service_name, part, name, target
FROM specification
