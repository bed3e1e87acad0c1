"""What stands in for containers and downloads where LocalStack runs without its image; all else is LocalStack's own."""
