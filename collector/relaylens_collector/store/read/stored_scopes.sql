-- Which scopes are stored?
SELECT replace(scope::VARCHAR, '-', '') AS scope FROM scopes;
