from reference_app.cli.app import app

if __name__ == "__main__":
    app()
