<?php
// The hole of the staged site: the name and the kind of the file are what the visitor says they are.
if ($_SERVER['REQUEST_METHOD'] === 'POST' && isset($_FILES['photo'])) {
    $name = basename($_FILES['photo']['name']);
    move_uploaded_file($_FILES['photo']['tmp_name'], __DIR__ . '/files/' . $name);
    echo "<p>写真を受け付けました: <a href=\"files/$name\">$name</a></p>\n";
} else {
    echo str_repeat("<p>写真を選んでください。</p>\n", 20);
    echo "<form method=post enctype=multipart/form-data><input type=file name=photo><button>送る</button></form>\n";
}
