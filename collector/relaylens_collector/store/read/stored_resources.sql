-- Which resources are stored?
SELECT replace(resource::VARCHAR, '-', '') AS resource FROM resources;
